// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;

/** Bytes put together by hand, for what {@link WireWriter} would never write. */
final class RawBytes {
    static final int BATCH = 16;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    RawBytes u16(int value) {
        bytes.write(value);
        bytes.write(value >>> 8);
        return this;
    }

    RawBytes u32(int value) {
        return u16(value).u16(value >>> 16);
    }

    RawBytes raw(byte[] more) {
        bytes.writeBytes(more);
        return this;
    }

    RawBytes string(String text) {
        byte[] utf8 = text.getBytes(UTF_8);
        u32(utf8.length).raw(utf8);
        bytes.write(0);
        return this;
    }

    byte[] done() {
        return bytes.toByteArray();
    }

    /** An operation whose fields are these bytes. */
    static byte[] op(int opcode, int flags, int id, RawBytes fields) {
        byte[] body = new RawBytes().string("label").raw(fields.done()).done();
        return new RawBytes()
                .u16(opcode)
                .u16(flags)
                .u32(id)
                .u32(body.length)
                .raw(body)
                .done();
    }

    /** A frame with these operations. */
    static byte[] batch(byte[]... operations) {
        RawBytes body = new RawBytes().u32(0).u32(0).u32(0).u32(0);
        for (byte[] operation : operations) {
            body.raw(operation);
        }
        return frame(BATCH, body.done());
    }

    static byte[] frame(int kind, byte[] body) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.writeBytes(new RawBytes().u32(body.length + 1).done());
        frame.write(kind);
        frame.writeBytes(body);
        return frame.toByteArray();
    }
}
