// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Namespaces and the calls on them: setns(2), unshare(2), ioctl_ns(2). setns and unshare change the calling thread
 * only; call them on a platform thread that ends afterwards.
 */
public final class Namespaces {
    /** The kind of IPC namespaces. */
    public static final int CLONE_NEWIPC = 0x08000000;

    private static final long NSFS_MAGIC = 0x6e736673;
    private static final long NS_GET_USERNS = 0xb701;
    private static final long NS_GET_NSTYPE = 0xb703;
    private static final long PIDFD_GET_IPC_NAMESPACE = 0xff02;

    // int setns(int fd, int type);
    private static final MethodHandle SETNS = Native.function("setns");
    // int unshare(int flags);
    private static final MethodHandle UNSHARE = Native.function("unshare");

    private Namespaces() {}

    /** Has the calling thread enter a namespace. */
    public static void enter(Fd namespace, int type) throws IOException {
        Native.call(SETNS, "setns", namespace, namespace.number(), type);
    }

    /** Has the calling thread make new namespaces and go into them. */
    public static void unshare(int flags) throws SyscallException {
        Native.call(UNSHARE, "unshare", "", flags);
    }

    /**
     * Opens a namespace file after making sure that it is one, so that nothing happens to a device or pipe of that
     * name.
     *
     * @return the descriptor, or null if the file is no namespace file
     */
    @SuppressWarnings("exports") // an annotation that callers need not have
    public static @Nullable Fd open(Path path) throws IOException {
        try (Fd place = Fd.open(path, Fd.O_PATH)) {
            return isNamespace(place) ? place.reopen(Fd.O_RDONLY) : null;
        }
    }

    /** True if it stands for a namespace of some kind. */
    public static boolean isNamespace(Fd place) throws IOException {
        return Descriptors.fileSystemMagic(place.number(), place.toString()) == NSFS_MAGIC;
    }

    /** The {@code CLONE_NEW*} flag of a namespace's kind. */
    public static int type(Fd namespace) throws IOException {
        return Descriptors.ioctl(namespace.number(), NS_GET_NSTYPE, 0, namespace.toString());
    }

    /** The user namespace that owns this one; EPERM if it is out of the caller's sight. */
    public static Fd owner(Fd namespace) throws IOException {
        String subject = "owner of " + namespace;
        return new Fd(Descriptors.ioctl(namespace.number(), NS_GET_USERNS, 0, subject), subject);
    }

    /** The IPC namespace of a process, whatever became of its number since; from Linux 6.11 on. */
    public static Fd ipcOf(Fd pidfd) throws IOException {
        String subject = "ipc namespace of " + pidfd;
        return new Fd(Descriptors.ioctl(pidfd.number(), PIDFD_GET_IPC_NAMESPACE, 0, subject), subject);
    }

    /** The name of a kind under {@code /proc/PID/ns}, such as {@code net}. */
    public static String typeName(int type) {
        return switch (type) {
            case 0x00000080 -> "time";
            case 0x00020000 -> "mnt";
            case 0x02000000 -> "cgroup";
            case 0x04000000 -> "uts";
            case CLONE_NEWIPC -> "ipc";
            case 0x10000000 -> "user";
            case 0x20000000 -> "pid";
            case 0x40000000 -> "net";
            default -> "0x" + Integer.toHexString(type);
        };
    }
}
