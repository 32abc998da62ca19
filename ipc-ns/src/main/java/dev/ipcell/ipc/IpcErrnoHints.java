// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import dev.ipcell.shim.linux.Errno;
import org.jspecify.annotations.Nullable;

/** What an error number means when the failed call has to do with IPC namespaces: often not what its name says. */
public final class IpcErrnoHints {
    private IpcErrnoHints() {}

    /**
     * What is probably wrong.
     *
     * @param step the system call that failed, such as {@code clone3}
     * @param errno its error number
     * @param detail what it was done to, such as {@code mqueue} for {@code fsopen}; may be empty
     * @return a hint in one line, or null if there is none
     */
    @SuppressWarnings("exports") // an annotation that callers need not have
    public static @Nullable String hint(String step, int errno, String detail) {
        return switch (step) {
            case "clone", "clone3", "unshare" -> newNamespace(errno);
            case "setns" -> join(errno);
            case "fsopen", "fsconfig", "fsmount", "mount" -> detail.contains("mqueue") ? mqueue(step, errno) : null;
            case "prlimit", "prlimit64", "setrlimit" ->
                errno == Errno.EPERM ? "raising a hard limit needs CAP_SYS_RESOURCE" : null;
            case "mq_open" -> openQueue(errno);
            case "msgget" -> errno == Errno.ENOSPC ? "kernel.msgmni queues exist in the IPC namespace" : null;
            case "semget" ->
                errno == Errno.ENOSPC
                        ? "the limits of kernel.sem (semmns semaphores, semmni sets) in the IPC namespace are reached"
                        : null;
            case "shmget" ->
                errno == Errno.ENOSPC
                        ? "the limits kernel.shmmni (segments) or kernel.shmall (pages) of the IPC namespace are"
                                + " reached"
                        : null;
            default -> null;
        };
    }

    private static @Nullable String newNamespace(int errno) {
        return switch (errno) {
            case Errno.ENOSPC ->
                "a limit on the number of namespaces is reached: see user.max_ipc_namespaces and the other"
                        + " user.max_*_namespaces sysctls";
            case Errno.EINVAL ->
                "the kernel was built without a kind of namespace that was asked for, such as CONFIG_IPC_NS";
            case Errno.EPERM -> "making namespaces needs CAP_SYS_ADMIN: run as root, or with a user namespace";
            default -> null;
        };
    }

    private static @Nullable String join(int errno) {
        return switch (errno) {
            case Errno.EPERM -> "joining a namespace needs CAP_SYS_ADMIN here and in the user namespace that owns it";
            case Errno.EINVAL -> "the file is no namespace of the kind that was asked for";
            default -> null;
        };
    }

    private static @Nullable String mqueue(String step, int errno) {
        return switch (errno) {
            case Errno.EPERM ->
                // The context and the mount are about who may mount at all; only the file system is the namespace's.
                step.equals("fsopen") || step.equals("fsmount")
                        ? "mounting needs CAP_SYS_ADMIN in the user namespace that owns the mount namespace"
                        : "the IPC namespace belongs to another user namespace";
            case Errno.ENODEV -> "the kernel was built without CONFIG_POSIX_MQUEUE";
            default -> null;
        };
    }

    private static @Nullable String openQueue(int errno) {
        return switch (errno) {
            case Errno.EMFILE ->
                "the queue does not fit into RLIMIT_MSGQUEUE, the user's limit on bytes in message queues";
            case Errno.EINVAL -> "more messages or longer ones than fs.mqueue.msg_max and fs.mqueue.msgsize_max allow";
            case Errno.ENOSPC -> "fs.mqueue.queues_max queues exist in the IPC namespace";
            default -> null;
        };
    }
}
