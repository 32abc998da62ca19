// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;

/** Changes bytes in one to three places; a seed always brings the same. */
final class Mutation {
    private static final int FRAME_HEAD = 5;
    private static final int BATCH_HEAD = 16;
    private static final int IF_OK = 4;
    private static final int[] TELLING = {
        0, 1, -1, -2, -100, 4, 5, 255, 256, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 1 << 16, 1 << 24
    };

    private final Random random;

    Mutation(long seed) {
        random = new Random(seed * 0x9e37_79b9_7f4a_7c15L);
    }

    /** The changed body of a frame. Which fault is to be made on purpose stays as it is: that could kill the executor rightly. */
    byte[] of(byte[] frame) {
        byte[] body = Arrays.copyOfRange(frame, FRAME_HEAD, frame.length);
        for (int left = 1 + random.nextInt(3); left > 0; left--) {
            body = change(body);
        }
        // What is sent after a batch that failed, and passed over for that, has no answer that could be waited for.
        body[0] &= ~IF_OK;
        return body;
    }

    private byte[] change(byte[] body) {
        if (body.length < BATCH_HEAD + 8) {
            return body;
        }
        int at =
                random.nextInt(16) == 0 ? random.nextInt(4) : BATCH_HEAD + random.nextInt(body.length - BATCH_HEAD - 4);
        return switch (random.nextInt(7)) {
            case 0 -> withByte(body, at, body[at] ^ 1 << random.nextInt(8));
            case 1 -> withByte(body, at, random.nextInt());
            case 2 -> withInt(body, at, TELLING[random.nextInt(TELLING.length)]);
            case 3 -> withInt(body, at, int32(body, at) + random.nextInt(-4, 5));
            case 4 -> Arrays.copyOf(body, Math.max(at, BATCH_HEAD));
            case 5 -> spliced(body, Math.max(at, BATCH_HEAD), random.nextInt(1, 40), 0);
            default -> spliced(body, Math.max(at, BATCH_HEAD), 0, random.nextInt(1, 40));
        };
    }

    private static byte[] withByte(byte[] body, int at, int value) {
        body[at] = (byte) value;
        return body;
    }

    private static byte[] withInt(byte[] body, int at, int value) {
        for (int i = 0; i < 4 && (at >= BATCH_HEAD || at + i < 4); i++) {
            body[at + i] = (byte) (value >>> (8 * i));
        }
        return body;
    }

    private static int int32(byte[] body, int at) {
        int value = 0;
        for (int i = 3; i >= 0; i--) {
            value = value << 8 | (body[at + i] & 0xff);
        }
        return value;
    }

    /** With some bytes left out, or some from elsewhere put in. */
    private byte[] spliced(byte[] body, int at, int out, int in) {
        ByteArrayOutputStream result = new ByteArrayOutputStream();
        result.write(body, 0, at);
        int from = random.nextInt(Math.max(1, body.length - in));
        result.write(body, from, Math.min(in, body.length - from));
        int rest = Math.min(body.length, at + out);
        result.write(body, rest, body.length - rest);
        return result.toByteArray();
    }
}
