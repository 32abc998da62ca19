// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.ipcell.shim.NamespaceId;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Calls on descriptors by number; {@link Fd} is what owns one. */
final class Descriptors {
    static final int O_CLOEXEC = 0x80000;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC_STATS = 0x7ff;

    // struct statx, the same on every architecture (statx(2)).
    private static final int STATX_SIZE = 256;
    private static final int STX_INO = 0x20;
    private static final int STX_DEV_MAJOR = 0x88;
    private static final int STX_DEV_MINOR = 0x8c;

    // struct statfs: f_type is its first word; 120 bytes on the 64-bit architectures.
    private static final int STATFS_SIZE = 256;

    // int open(const char *path, int flags, mode_t mode);
    private static final MethodHandle OPEN = Native.function("open");
    // int close(int fd);
    private static final MethodHandle CLOSE = Native.function("close");
    // ssize_t read(int fd, void *buffer, size_t count);
    private static final MethodHandle READ = Native.function("read");
    // ssize_t write(int fd, const void *buffer, size_t count);
    private static final MethodHandle WRITE = Native.function("write");
    // int fcntl(int fd, int command, long argument);
    private static final MethodHandle FCNTL = Native.function("fcntl");
    // int ioctl(int fd, unsigned long request, long argument);
    private static final MethodHandle IOCTL = Native.function("ioctl");
    // int fstatfs(int fd, struct statfs *buffer);
    private static final MethodHandle FSTATFS = Native.function("fstatfs");
    // int statx(int fd, const char *path, int flags, unsigned mask, struct statx *buffer);
    private static final MethodHandle STATX = Native.function("statx");

    private Descriptors() {}

    static int open(String path, int flags, int mode) throws SyscallException {
        try (Arena arena = Arena.ofConfined()) {
            long name = Native.string(arena, path).address();
            return Native.callInt(OPEN, "open", path, name, flags | O_CLOEXEC, mode);
        }
    }

    static void close(int fd) throws SyscallException {
        Native.once(CLOSE, "close", fd, fd); // closed even when it says EINTR; again would hit a stranger's
    }

    static int read(int fd, byte[] data, int offset, int length) throws SyscallException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(length, 1);
            int count = Native.callInt(READ, "read", fd, fd, buffer.address(), length);
            MemorySegment.copy(buffer, JAVA_BYTE, 0, data, offset, count);
            return count;
        }
    }

    static int write(int fd, byte[] data, int offset, int length) throws SyscallException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(length, 1);
            MemorySegment.copy(data, offset, buffer, JAVA_BYTE, 0, length);
            return Native.callInt(WRITE, "write", fd, fd, buffer.address(), length);
        }
    }

    /** A copy of the descriptor whose number is at least {@code least}. */
    static int duplicate(int fd, int least) throws SyscallException {
        return Native.callInt(FCNTL, "fcntl", fd, fd, F_DUPFD_CLOEXEC, least);
    }

    static int ioctl(int fd, long request, long argument, String subject) throws SyscallException {
        return Native.callInt(IOCTL, "ioctl", subject, fd, request, argument);
    }

    static long fileSystemMagic(int fd, String subject) throws SyscallException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(STATFS_SIZE, Long.BYTES);
            Native.call(FSTATFS, "fstatfs", subject, fd, buffer.address());
            return buffer.get(JAVA_LONG, 0);
        }
    }

    static NamespaceId id(int fd, String subject) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(STATX_SIZE, Long.BYTES);
            long empty = arena.allocateFrom("").address();
            Native.call(STATX, "statx", subject, fd, empty, AT_EMPTY_PATH, STATX_BASIC_STATS, buffer.address());
            long dev = device(buffer.get(JAVA_INT, STX_DEV_MAJOR), buffer.get(JAVA_INT, STX_DEV_MINOR));
            return new NamespaceId(dev, buffer.get(JAVA_LONG, STX_INO));
        }
    }

    /** The number that stat(2) puts into {@code st_dev} (makedev(3)). */
    static long device(int major, int minor) {
        long high = major & 0xffffffffL;
        long low = minor & 0xffffffffL;
        return (high & 0xfffff000L) << 32 | (high & 0xfff) << 8 | (low & 0xffffff00L) << 12 | (low & 0xff);
    }
}
