// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A directory whose entries are named by bytes: a file's name need not be text, and a {@link java.nio.file.Path} made
 * of what is text in it leads elsewhere.
 */
public final class Directory {
    private static final int CHUNK = 1 << 15;
    private static final int O_NONBLOCK = 0x800;

    // struct linux_dirent64 (getdents(2)): u64 d_ino, s64 d_off, u16 d_reclen, u8 d_type, char d_name[].
    private static final int D_RECLEN = 16;
    private static final int D_NAME = 19;

    // ssize_t getdents64(int fd, void *buffer, size_t length);
    private static final MethodHandle GETDENTS64 = Native.function("getdents64");
    // int openat(int directory, const char *path, int flags, mode_t mode);
    private static final MethodHandle OPENAT = Native.function("openat");

    private Directory() {}

    /** The names in it, without {@code .} and {@code ..}; from where the descriptor was left. */
    public static List<byte[]> names(Fd directory) throws IOException {
        List<byte[]> names = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(CHUNK, Long.BYTES);
            while (true) {
                int end = Native.callInt(
                        GETDENTS64, "getdents64", directory, directory.number(), buffer.address(), CHUNK);
                if (end == 0) {
                    return names;
                }
                for (int at = 0; at < end; at += Short.toUnsignedInt(buffer.get(JAVA_SHORT, at + D_RECLEN))) {
                    byte[] name = name(buffer, at + D_NAME);
                    if (!isDots(name)) {
                        names.add(name);
                    }
                }
            }
        }
    }

    /** Opens an entry of it; a pipe is not waited for. */
    public static Fd open(Fd directory, byte[] name, int flags) throws IOException {
        String subject = new String(name, StandardCharsets.UTF_8);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = Native.string(arena, name);
            int all = flags | O_NONBLOCK | Descriptors.O_CLOEXEC;
            int fd = Native.callInt(OPENAT, "openat", subject, directory.number(), path.address(), all, 0);
            return new Fd(fd, subject);
        }
    }

    private static byte[] name(MemorySegment buffer, int start) {
        int end = start;
        while (buffer.get(JAVA_BYTE, end) != 0) {
            end++;
        }
        return buffer.asSlice(start, end - start).toArray(JAVA_BYTE);
    }

    private static boolean isDots(byte[] name) {
        return name[0] == '.' && (name.length == 1 || (name.length == 2 && name[1] == '.'));
    }
}
