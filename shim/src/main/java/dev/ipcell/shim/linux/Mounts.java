// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Mounts: the calls by descriptor (fsopen(2) and its kin, through syscall(2) since C libraries lack them), mount(2),
 * umount2(2).
 */
public final class Mounts {
    /** {@code MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC}. */
    public static final int QUIET = 0x2 | 0x4 | 0x8;
    /** For {@link #openTree}: a copy of the mount, not the mount itself. */
    public static final int OPEN_TREE_CLONE = 1;
    /** For {@link #openTree}: a symbolic link at the end of the path is not followed, but opened itself. */
    public static final int AT_SYMLINK_NOFOLLOW = 0x100;
    /** For {@link #unmount}: away from the tree at once, gone when unused. */
    public static final int MNT_DETACH = 2;

    // Numbers of asm-generic/unistd.h; calls this new have the same number on every architecture.
    private static final int SYS_OPEN_TREE = 428;
    private static final int SYS_MOVE_MOUNT = 429;
    private static final int SYS_FSOPEN = 430;
    private static final int SYS_FSCONFIG = 431;
    private static final int SYS_FSMOUNT = 432;

    private static final int FSCONFIG_SET_STRING = 1;
    private static final int FSCONFIG_CMD_CREATE = 6;
    private static final int CLOEXEC = 1; // FSOPEN_CLOEXEC and FSMOUNT_CLOEXEC
    private static final long MS_BIND = 0x1000;
    private static final int AT_FDCWD = -100;
    private static final int MOVE_MOUNT_F_EMPTY_PATH = 4;

    // long syscall(long number, ...);
    private static final MethodHandle SYSCALL = Native.function("syscall");
    // int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);
    private static final MethodHandle MOUNT = Native.function("mount");
    // int umount2(const char *target, int flags);
    private static final MethodHandle UMOUNT2 = Native.function("umount2");

    private Mounts() {}

    /** A new context for a file system of this type: {@code int fsopen(const char *type, unsigned flags)}. */
    public static Fd fsopen(String type) throws SyscallException {
        try (Arena arena = Arena.ofConfined()) {
            long name = Native.string(arena, type).address();
            return new Fd(Native.callInt(SYSCALL, "fsopen", type, SYS_FSOPEN, name, CLOEXEC), type);
        }
    }

    /**
     * Sets a parameter: {@code int fsconfig(int fd, unsigned command, const char *key, const void *value, int aux)}.
     */
    public static void fsconfig(Fd context, String key, String value) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long k = Native.string(arena, key).address();
            long v = Native.string(arena, value).address();
            Native.call(SYSCALL, "fsconfig", key, SYS_FSCONFIG, context.number(), FSCONFIG_SET_STRING, k, v, 0);
        }
    }

    /** Has the kernel make the file system that a context describes. */
    public static void fscreate(Fd context) throws IOException {
        Native.call(SYSCALL, "fsconfig", context, SYS_FSCONFIG, context.number(), FSCONFIG_CMD_CREATE, 0, 0, 0);
    }

    /** A mount of it that is nowhere in the tree: {@code int fsmount(int fd, unsigned flags, unsigned attributes)}. */
    public static Fd fsmount(Fd context, int attributes) throws IOException {
        int mount = Native.callInt(SYSCALL, "fsmount", context, SYS_FSMOUNT, context.number(), CLOEXEC, attributes);
        return new Fd(mount, context.toString());
    }

    /** A place by path, as with O_PATH, or a copy of the mount there: {@code int open_tree(int directory, const char *path, unsigned flags)}. */
    public static Fd openTree(Path path, int flags) throws SyscallException {
        try (Arena arena = Arena.ofConfined()) {
            long name = Native.string(arena, path.toString()).address();
            long all = flags | Descriptors.O_CLOEXEC;
            int tree = Native.callInt(SYSCALL, "open_tree", path, SYS_OPEN_TREE, AT_FDCWD, name, all);
            return new Fd(tree, path.toString());
        }
    }

    /**
     * Puts a detached mount into the tree: {@code int move_mount(int from, const char *from_path, int to, const char
     * *to_path, unsigned flags)}.
     */
    public static void moveMount(Fd mount, Path target) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long from = arena.allocateFrom("").address();
            long to = Native.string(arena, target.toString()).address();
            Native.call(
                    SYSCALL,
                    "move_mount",
                    target,
                    SYS_MOVE_MOUNT,
                    mount.number(),
                    from,
                    AT_FDCWD,
                    to,
                    MOVE_MOUNT_F_EMPTY_PATH);
        }
    }

    /**
     * Makes what one descriptor stands for visible at the place that the other stands for: a bind mount. Neither is
     * looked up by a path again.
     */
    public static void bind(Fd source, Fd target) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long from = path(arena, source);
            long to = path(arena, target);
            Native.call(MOUNT, "mount", target, from, to, 0, MS_BIND, 0);
        }
    }

    /** Takes the mount away at whose root a descriptor is. */
    public static void unmount(Fd root, int flags) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Native.call(UMOUNT2, "umount2", root, path(arena, root), flags);
        }
    }

    private static long path(Arena arena, Fd fd) throws IOException {
        return Native.string(arena, fd.procPath().toString()).address();
    }
}
