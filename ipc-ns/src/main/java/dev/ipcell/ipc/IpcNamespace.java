// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import dev.ipcell.shim.NamespaceId;
import dev.ipcell.shim.linux.Errno;
import dev.ipcell.shim.linux.Fd;
import dev.ipcell.shim.linux.Mounts;
import dev.ipcell.shim.linux.Namespaces;
import dev.ipcell.shim.linux.Processes;
import dev.ipcell.shim.linux.SyscallException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * An IPC namespace (ipc_namespaces(7)), held by a descriptor: it lives as long as this is open, a process is in it, or
 * it is pinned. Safe for several threads until it is closed.
 *
 * <p>Making and entering one needs CAP_SYS_ADMIN, here and in the user namespace that owns it.
 */
public final class IpcNamespace implements AutoCloseable {
    private static final Path CURRENT = Path.of("/proc/thread-self/ns/ipc");
    private static final Path PROCESS = Path.of("/proc/self/ns/ipc");
    /** The kernel's IPC_NS_INIT_INO: the inode of the namespace in which the machine's first process starts. */
    private static final long FIRST_INO = 0xefffffffL;

    private final Fd fd;
    private final NamespaceId id;

    private IpcNamespace(Fd fd) throws IOException {
        this.fd = fd;
        this.id = fd.id();
    }

    /** Makes a new one, empty and with the kernel's default limits. */
    public static IpcNamespace create() throws IOException {
        return IpcThread.runIo(() -> {
            try {
                Namespaces.unshare(Namespaces.CLONE_NEWIPC);
            } catch (SyscallException e) {
                throw IpcException.of("new IPC namespace", e);
            }
            return open(CURRENT);
        });
    }

    /** The one in which the calling thread is. */
    public static IpcNamespace current() throws IOException {
        return open(CURRENT);
    }

    /**
     * The one in which a process is.
     *
     * @throws IllegalArgumentException if no process can have this number
     * @throws IOException if there is no such process, or it may not be looked at
     */
    public static IpcNamespace ofPid(long pid) throws IOException {
        try (Fd process = process(pid)) {
            return ofProcess(process, pid);
        } catch (SyscallException e) {
            if (e.errno() == Errno.ESRCH) {
                throw new IpcException("no process " + pid);
            }
            if (e.errno() == Errno.EACCES || e.errno() == Errno.EPERM) {
                throw new IpcException("process " + pid + ": " + e.getMessage()
                        + ": its namespaces are shown only to who may trace it (CAP_SYS_PTRACE)");
            }
            throw e;
        }
    }

    /**
     * The one that a file stands for: one of {@code /proc/PID/ns/ipc}, or where one is pinned.
     *
     * @throws IOException if the file is missing, or stands for something else
     */
    public static IpcNamespace open(Path file) throws IOException {
        @Nullable Fd fd = Namespaces.open(file);
        if (fd == null) {
            throw new IpcException(file + " is no namespace file");
        }
        return verified(fd);
    }

    /** Device and inode of its file, by which namespaces are told apart. */
    public NamespaceId id() {
        return id;
    }

    /** True if the calling thread is in it. */
    public boolean isCurrent() throws IOException {
        try (IpcNamespace current = current()) {
            return id.same(current.id);
        }
    }

    /** The user namespace that owns it; {@link NamespaceId#UNKNOWN} if that is out of the caller's sight. */
    public NamespaceId owner() throws IOException {
        try (Fd owner = Namespaces.owner(fd)) {
            return owner.id();
        } catch (SyscallException e) {
            if (e.errno() == Errno.EPERM) {
                return NamespaceId.UNKNOWN;
            }
            throw e;
        }
    }

    /**
     * Runs something in it, on a platform thread of its own, and waits for its end. Threads and processes that the task
     * starts are in it too, among them a thread by which the JVM waits for processes: that one may stay, and keep the
     * namespace alive, for a minute.
     *
     * <p>If the calling thread is interrupted, the task's thread is interrupted instead, and the call returns or throws
     * what the task then does.
     *
     * @throws IOException if it cannot be entered
     * @throws Exception what the task throws
     */
    public <T> T call(Callable<T> task) throws Exception {
        return IpcThread.run(() -> {
            enter();
            return task.call();
        });
    }

    /**
     * Sets kernel parameters of it. All are checked before the first is written; if the kernel then refuses one, those
     * before it in the order of {@link IpcSysctls#ordered} stay written.
     *
     * @param sysctls values by the parameters' names
     * @return all of its parameters as they are afterwards, which need not be as they were set: the kernel takes
     * {@code kernel.auto_msgmni} without any effect
     * @throws IllegalArgumentException if one is no parameter of an IPC namespace, is there in two spellings, or has a
     * value that no kernel takes
     * @throws IOException if the namespace is this process's own or the machine's first one, or the kernel refuses
     */
    public IpcLimits configure(Map<String, String> sysctls) throws IOException {
        List<Map.Entry<String, String>> checked = SysctlWriter.checked(sysctls);
        try (IpcNamespace own = open(PROCESS)) {
            if (id.same(own.id) || id.ino() == FIRST_INO) {
                throw new IpcException(this + " is the host's own: this would change the host");
            }
        }
        return IpcThread.runIo(() -> {
            enter();
            return SysctlWriter.write(checked);
        });
    }

    /**
     * Looks at everything in it. Needs the right to mount (CAP_SYS_ADMIN) besides, for the POSIX queues, though nothing
     * is mounted where anybody sees it. Queues that this process itself watches (mq_notify(3)) are watched no longer: the
     * kernel forgets that when the process closes a descriptor of the queue.
     */
    public IpcSnapshot snapshot() throws IOException {
        return IpcThread.runIo(() -> {
            enter();
            return read();
        });
    }

    /**
     * Pins it to a file, so that it outlives all of its processes: the file is made if missing, and the namespace
     * mounted on it. A symbolic link of that name is not followed.
     *
     * @throws IOException if the file is in use as a pin already, or is no empty regular file
     */
    public void pin(Path file) throws IOException {
        Pin.make(fd, file);
    }

    /**
     * Undoes {@link #pin}: the file goes too, if it is an empty one. A pin that is gone already is no error. A symbolic
     * link is not followed.
     *
     * @throws IOException if the file is there and no pin of an IPC namespace
     */
    public static void unpin(Path file) throws IOException {
        Pin.remove(file);
    }

    @Override
    public void close() throws IOException {
        fd.close();
    }

    @Override
    public String toString() {
        return "ipc:[" + id.ino() + "]";
    }

    private void enter() throws IOException {
        try {
            Namespaces.enter(fd, Namespaces.CLONE_NEWIPC);
        } catch (SyscallException e) {
            throw IpcException.of("enter IPC namespace", e);
        }
    }

    private static Fd process(long pid) throws IOException {
        try {
            return Processes.pidfd(pid);
        } catch (SyscallException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.EINVAL) { // since Linux 6.9, and before
                throw new IpcException(pid + " is a thread, and no process");
            }
            throw e;
        }
    }

    private static IpcNamespace ofProcess(Fd process, long pid) throws IOException {
        try {
            return verified(Namespaces.ipcOf(process));
        } catch (SyscallException e) {
            if (e.errno() != Errno.ENOTTY && e.errno() != Errno.EINVAL) {
                throw e;
            }
        }
        return ofProcFile(process, pid); // before Linux 6.11
    }

    /** The file of a number says nothing of who has it; if the process still does afterwards, it was its file. */
    static IpcNamespace ofProcFile(Fd process, long pid) throws IOException {
        IpcNamespace found = open(Path.of("/proc/" + pid + "/ns/ipc"));
        if (!Processes.exists(process)) {
            found.close();
            throw new IpcException("no process " + pid);
        }
        return found;
    }

    private static IpcNamespace verified(Fd fd) throws IOException {
        try {
            requireIpc(fd);
            return new IpcNamespace(fd);
        } catch (IOException e) {
            fd.close();
            throw e;
        }
    }

    static void requireIpc(Fd fd) throws IOException {
        int type = Namespaces.type(fd);
        if (type != Namespaces.CLONE_NEWIPC) {
            throw new IpcException(fd + " is a " + Namespaces.typeName(type) + " namespace, not ipc");
        }
    }

    private static IpcSnapshot read() throws IOException {
        Path sysv = Path.of("/proc/sysvipc");
        return new IpcSnapshot(
                SysvTable.read(sysv.resolve("msg"), SysvQueue::of),
                SysvTable.read(sysv.resolve("sem"), SysvSemaphoreSet::of),
                SysvTable.read(sysv.resolve("shm"), SysvSharedMemory::of),
                messageQueues(),
                IpcLimits.read(Path.of("/proc/sys")));
    }

    /** Through a mount that only this process has, so that nobody need have mounted one. */
    private static List<PosixQueue> messageQueues() throws IOException {
        try (Fd context = Mounts.fsopen("mqueue")) {
            Mounts.fscreate(context);
            try (Fd mount = Mounts.fsmount(context, Mounts.QUIET)) {
                return PosixQueue.list(mount);
            }
        } catch (SyscallException e) {
            if (e.errno() == Errno.ENODEV) {
                return List.of(); // a kernel without POSIX message queues
            }
            throw IpcException.of("mount of mqueue", e);
        }
    }
}
