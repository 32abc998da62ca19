// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.seccomp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A filter as a file: {@code u64 check sum of the rest, u32 flags, u32 length, that many bytes of the canonical text, program}.
 *
 * <p>The text itself is in the file, and compared: a file of the right name for the wrong profile is a miss, so the hash that names
 * files need not withstand anybody, and can be a cheap one (a MessageDigest costs a cold start milliseconds).
 */
final class CachedFilter {
    private static final int HEAD = 16;
    private static final long FNV_BASIS = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private CachedFilter() {}

    /** The file's name: 16 hexadecimal digits. */
    static String name(byte[] text) {
        String digits = Long.toHexString(hash(text, 0));
        return "0".repeat(16 - digits.length()) + digits;
    }

    /** The file's content. */
    static byte[] encode(byte[] text, SeccompFilter filter) {
        byte[] content = new byte[HEAD + text.length + filter.program().length];
        ByteBuffer out = buffer(content);
        out.putLong(0).putInt(filter.flags()).putInt(text.length).put(text).put(filter.program());
        out.putLong(0, hash(content, Long.BYTES));
        return content;
    }

    /** The filter in the file; null if it is not whole, or another profile's. */
    static @Nullable SeccompFilter decode(byte[] text, byte[] content) {
        int size = content.length - HEAD - text.length;
        if (size <= 0
                || size % SeccompFilter.INSTRUCTION != 0
                || size / SeccompFilter.INSTRUCTION > SeccompFilter.MAX_INSTRUCTIONS) {
            return null;
        }
        ByteBuffer in = buffer(content);
        if (in.getLong() != hash(content, Long.BYTES)) {
            return null;
        }
        int flags = in.getInt();
        if (in.getInt() != text.length || !Arrays.equals(text, 0, text.length, content, HEAD, HEAD + text.length)) {
            return null;
        }
        return new SeccompFilter(flags, Arrays.copyOfRange(content, HEAD + text.length, content.length));
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static ByteBuffer buffer(byte[] content) {
        return ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** FNV-1a of all from an offset on. */
    private static long hash(byte[] data, int from) {
        long hash = FNV_BASIS;
        for (int i = from; i < data.length; i++) {
            hash = (hash ^ (data[i] & 0xff)) * FNV_PRIME;
        }
        return hash;
    }
}
