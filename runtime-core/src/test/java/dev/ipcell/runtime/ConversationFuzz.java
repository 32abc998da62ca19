// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ipcell.runtime.cli.CommandLine;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.WireException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A target for Jazzer (see {@link FuzzTest}): whatever a caller says, from HELLO to the last RESULT, the planner answers, hangs up or
 * takes it for nonsense. It never has an internal error, and takes no memory that the caller has not paid for with bytes.
 *
 * <p>An input whose first byte is even is the plain stream. Else chunks follow, each a u16 and so many bytes, and each becomes the body
 * of a frame of the kind that is due: so the fuzzer need not guess lengths and kinds.
 */
final class ConversationFuzz {
    private static final int HELLO = 1;
    private static final int RESULT = 2;
    private static final int OUTPUT = 18;
    private static final int HEAD = 5 + 16;
    private static final String DEFECT = "ipcell: internal error: java.";

    /** A path from an executor that lies, as the planner wants to send it back. */
    private static final String NUL = DEFECT + "lang.IllegalArgumentException: a string with a NUL character: ";

    private ConversationFuzz() {}

    /** Jazzer's entry. */
    public static void fuzzerTestOneInput(byte[] data) {
        Said said = new Said();
        try {
            CommandLine.serve(new Executor(new ByteArrayInputStream(stream(data)), said));
        } catch (IOException | WireException refused) {
            return;
        }
        String error = said.error();
        if (error.startsWith(DEFECT) && !error.startsWith(NUL)) {
            throw new AssertionError(error);
        }
    }

    private static byte[] stream(byte[] data) {
        if (data.length == 0 || data[0] % 2 == 0) {
            return data.length == 0 ? data : Arrays.copyOfRange(data, 1, data.length);
        }
        ByteBuffer in = ByteBuffer.wrap(data, 1, data.length - 1).order(ByteOrder.LITTLE_ENDIAN);
        byte[] bytes = new byte[data.length * 3];
        ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int kind = HELLO;
        while (in.remaining() >= 2) {
            int size = Math.min(in.getShort() & 0xffff, in.remaining());
            out.putInt(size + 1).put((byte) kind).put(in.slice(in.position(), size));
            in.position(in.position() + size);
            kind = RESULT;
        }
        return Arrays.copyOf(bytes, out.position());
    }

    /** The planner's last batch. */
    private static final class Said extends OutputStream {
        private byte[] last = new byte[0];

        @Override
        public void write(int value) {
            throw new UnsupportedOperationException("a frame is written at once");
        }

        @Override
        public void write(byte[] frame, int offset, int length) {
            last = Arrays.copyOfRange(frame, offset, offset + length);
        }

        /** What its first operation writes on standard error; empty if that is another operation. */
        String error() {
            ByteBuffer in = ByteBuffer.wrap(last).order(ByteOrder.LITTLE_ENDIAN);
            if (last.length <= HEAD || in.getShort(HEAD) != OUTPUT) {
                return "";
            }
            in.position(HEAD + 12);
            int label = in.getInt();
            in.position(in.position() + label + 1);
            int descriptor = in.getInt();
            int size = in.getInt();
            return descriptor == 2 ? new String(last, in.position(), size, UTF_8) : "";
        }
    }
}
