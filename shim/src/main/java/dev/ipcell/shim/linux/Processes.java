// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Processes: posix_spawn(3), waitid(2), waitpid(2), kill(2), pidfd_open(2), pidfd_send_signal(2). */
public final class Processes {
    // posix_spawn_file_actions_t has 80 bytes, posix_spawnattr_t 336, siginfo_t 128 with the GNU C library; room to
    // spare.
    private static final int OPAQUE_SIZE = 512;
    private static final int SIGSET_SIZE = 128;
    private static final int SPAWN_SETSIGDEF = 4;
    private static final int SPAWN_SETSIGMASK = 8;
    private static final int SIGPIPE = 13;
    /** Above every number that a file action writes to. */
    private static final int OUT_OF_THE_WAY = 32;

    private static final int P_PID = 1;
    private static final int WEXITED = 4;
    private static final int WNOWAIT = 0x01000000;
    private static final int SYS_PIDFD_SEND_SIGNAL = 424;
    private static final int SYS_PIDFD_OPEN = 434;

    // int posix_spawn_file_actions_init(posix_spawn_file_actions_t *actions); and _destroy
    private static final MethodHandle ACTIONS_INIT = Native.function("posix_spawn_file_actions_init");
    private static final MethodHandle ACTIONS_DESTROY = Native.function("posix_spawn_file_actions_destroy");
    // int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *actions, int fd, int newfd);
    private static final MethodHandle ADD_DUP2 = Native.function("posix_spawn_file_actions_adddup2");
    // int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from); GNU C library 2.34
    private static final @Nullable MethodHandle ADD_CLOSE_FROM =
            Native.optionalFunction("posix_spawn_file_actions_addclosefrom_np");
    // int posix_spawn_file_actions_addclose(posix_spawn_file_actions_t *actions, int fd);
    private static final MethodHandle ADD_CLOSE = Native.function("posix_spawn_file_actions_addclose");
    // int posix_spawnattr_init(posix_spawnattr_t *attributes); and _destroy
    private static final MethodHandle ATTRIBUTES_INIT = Native.function("posix_spawnattr_init");
    private static final MethodHandle ATTRIBUTES_DESTROY = Native.function("posix_spawnattr_destroy");
    // int posix_spawnattr_setflags(posix_spawnattr_t *attributes, short flags);
    private static final MethodHandle SET_FLAGS = Native.function("posix_spawnattr_setflags");
    // int posix_spawnattr_setsigmask(posix_spawnattr_t *attributes, const sigset_t *set); and setsigdefault
    private static final MethodHandle SET_MASK = Native.function("posix_spawnattr_setsigmask");
    private static final MethodHandle SET_DEFAULT = Native.function("posix_spawnattr_setsigdefault");
    // int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
    //         const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]);
    private static final MethodHandle SPAWN = Native.function("posix_spawn");
    // int waitid(idtype_t type, id_t id, siginfo_t *info, int options);
    private static final MethodHandle WAITID = Native.function("waitid");
    // pid_t waitpid(pid_t pid, int *status, int options);
    private static final MethodHandle WAITPID = Native.function("waitpid");
    // int kill(pid_t pid, int signal);
    private static final MethodHandle KILL = Native.function("kill");
    // long syscall(long number, ...);
    private static final MethodHandle SYSCALL = Native.function("syscall");
    // uid_t geteuid(void);
    private static final MethodHandle GETEUID = Native.function("geteuid");

    private Processes() {}

    /**
     * Starts a program. It inherits the standard streams and the descriptors named here, and no others of this JVM; no
     * signal is blocked, and SIGPIPE has its default action.
     *
     * @param path of the program; no search
     * @param argv its arguments, its own name first
     * @param environment {@code NAME=value} each
     * @param descriptors the number that each descriptor gets there
     * @return its process id
     * @throws IllegalArgumentException if one of the strings has a NUL inside
     */
    public static int spawn(String path, List<String> argv, List<String> environment, Map<Integer, Fd> descriptors)
            throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long actions = arena.allocate(OPAQUE_SIZE, Long.BYTES).address();
            Native.check(ACTIONS_INIT, "posix_spawn_file_actions_init", path, actions);
            long attributes = arena.allocate(OPAQUE_SIZE, Long.BYTES).address();
            Native.check(ATTRIBUTES_INIT, "posix_spawnattr_init", path, attributes);
            List<Fd> sources = new ArrayList<>();
            try {
                for (Map.Entry<Integer, Fd> entry : descriptors.entrySet()) {
                    Fd source =
                            entry.getValue().duplicate(OUT_OF_THE_WAY); // no action may write over a later one's source
                    sources.add(source);
                    Native.check(
                            ADD_DUP2,
                            "posix_spawn_file_actions_adddup2",
                            path,
                            actions,
                            source.number(),
                            entry.getKey());
                }
                closeOthers(actions, descriptors);
                signals(arena, attributes);
                return spawn(arena, path, actions, attributes, argv, environment);
            } finally {
                Native.check(ACTIONS_DESTROY, "posix_spawn_file_actions_destroy", path, actions);
                Native.check(ATTRIBUTES_DESTROY, "posix_spawnattr_destroy", path, attributes);
                for (Fd source : sources) {
                    source.close();
                }
            }
        }
    }

    private static int spawn(
            Arena arena, String path, long actions, long attributes, List<String> argv, List<String> environment)
            throws SyscallException {
        MemorySegment pid = arena.allocate(JAVA_INT);
        long name = Native.string(arena, path).address();
        long arguments = Native.strings(arena, argv).address();
        long variables = Native.strings(arena, environment).address();
        Native.check(SPAWN, "posix_spawn", path, pid.address(), name, actions, attributes, arguments, variables);
        return pid.get(JAVA_INT, 0);
    }

    /** Waits until a child has ended, and leaves it for {@link #reap}. */
    public static void awaitEnd(int pid) throws SyscallException {
        try (Arena arena = Arena.ofConfined()) {
            long info = arena.allocate(OPAQUE_SIZE, Long.BYTES).address();
            Native.call(WAITID, "waitid", pid, P_PID, pid, info, WEXITED | WNOWAIT);
        }
    }

    /**
     * Waits for a child and takes it off the process table.
     *
     * @return its exit code, or 128 and the signal's number
     */
    public static int reap(int pid) throws SyscallException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(JAVA_INT);
            Native.call(WAITPID, "waitpid", pid, pid, status.address(), 0);
            int word = status.get(JAVA_INT, 0);
            int signal = word & 0x7f;
            return signal == 0 ? word >>> 8 & 0xff : 128 + signal;
        }
    }

    /** Sends a signal. */
    public static void kill(int pid, int signal) throws SyscallException {
        Native.call(KILL, "kill", pid, pid, signal);
    }

    /**
     * A descriptor that stands for a process, whatever becomes of its number.
     *
     * @throws IllegalArgumentException if no process can have this number; the kernel would look at half of it
     */
    public static Fd pidfd(long pid) throws SyscallException {
        if (pid <= 0 || pid > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(pid + " is no process id");
        }
        return new Fd(Native.callInt(SYSCALL, "pidfd_open", pid, SYS_PIDFD_OPEN, pid, 0), "process " + pid);
    }

    /** True until the process has been reaped; its number stands for no other one until then. */
    public static boolean exists(Fd pidfd) throws IOException {
        try {
            Native.call(SYSCALL, "pidfd_send_signal", pidfd, SYS_PIDFD_SEND_SIGNAL, pidfd.number(), 0, 0, 0);
            return true;
        } catch (SyscallException e) {
            if (e.errno() == Errno.ESRCH) {
                return false;
            }
            if (e.errno() == Errno.EPERM) {
                return true;
            }
            throw e;
        }
    }

    /** The JVM opens its jars without close-on-exec. */
    private static void closeOthers(long actions, Map<Integer, Fd> descriptors) throws IOException {
        int from = 3;
        for (int kept : descriptors.keySet()) {
            from = Math.max(from, kept + 1);
        }
        if (ADD_CLOSE_FROM != null) {
            Native.check(ADD_CLOSE_FROM, "posix_spawn_file_actions_addclosefrom_np", from, actions, from);
            return;
        }
        try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path entry : open) {
                int fd = Integer.parseInt(String.valueOf(entry.getFileName()));
                if (fd >= from) {
                    Native.check(ADD_CLOSE, "posix_spawn_file_actions_addclose", fd, actions, fd);
                }
            }
        }
    }

    private static void signals(Arena arena, long attributes) throws SyscallException {
        MemorySegment none = arena.allocate(SIGSET_SIZE, Long.BYTES);
        MemorySegment pipe = arena.allocate(SIGSET_SIZE, Long.BYTES);
        pipe.set(JAVA_LONG, 0, 1L << (SIGPIPE - 1));
        // The JVM blocks SIGQUIT in its threads; a program must not inherit that.
        Native.check(SET_MASK, "posix_spawnattr_setsigmask", "", attributes, none.address());
        Native.check(SET_DEFAULT, "posix_spawnattr_setsigdefault", "", attributes, pipe.address());
        Native.check(SET_FLAGS, "posix_spawnattr_setflags", "", attributes, SPAWN_SETSIGDEF | SPAWN_SETSIGMASK);
    }

    /** This process's effective user. */
    public static int effectiveUid() {
        return (int) Native.plain(GETEUID);
    }
}
