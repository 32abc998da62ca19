// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.planner;

import dev.ipcell.shim.Batch;
import dev.ipcell.shim.ChildFacts;
import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.NamespaceFacts;
import dev.ipcell.shim.NamespaceId;
import dev.ipcell.shim.NamespaceOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.linux.Fd;
import dev.ipcell.shim.linux.UnixListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes the mount namespace that launches copy. A planner has no privilege that it needs not, and none for this: so it is a caller's
 * executor that makes it, in a child that ends again, and hands it over through a socket.
 */
final class EmptyNamespace {
    private static final String ORIGIN = "an empty mount namespace";
    private static final int CLONE_NEWNS = 0x20000;
    private static final int AT_RECURSIVE = 0x8000;
    private static final int MS_PRIVATE = 1 << 18;

    /** MOUNT_ATTR_RDONLY, NOSUID, NODEV and NOEXEC (mount_setattr(2)). */
    private static final int ATTRIBUTES = 0xf;

    /** CAP_SYS_PTRACE and CAP_SYS_ADMIN (capabilities(7)). */
    private static final long NEEDED = 1L << 19 | 1L << 21;

    private static final int SIGKILL = 9;
    private static final int PATIENCE_MILLIS = 1000;
    private static final int THERE = 1;

    private final Executor executor;
    private final Path socket;
    private final Slots slots = new Slots();
    private final Slot process = slots.open("empty");
    private final Slot root = slots.open("root");
    private final Slot namespace = slots.open("namespace");

    /**
     * @param executor of a caller that can make one
     * @param socket a path that is free
     */
    EmptyNamespace(Executor executor, Path socket) {
        this.executor = executor;
        this.socket = socket;
    }

    /** Whether this caller can. */
    static boolean canBeMadeBy(Executor executor) {
        return executor.hello().caller().euid() == 0 && (executor.hello().capabilities() & NEEDED) == NEEDED;
    }

    /**
     * Makes it; the executor is then as it was before.
     *
     * @throws PlanFailedException if it cannot be made, or the executor is asked to end
     * @throws IOException if the executor went away, or cannot reach us
     */
    Fd make() throws PlanFailedException, IOException {
        Files.deleteIfExists(socket);
        try (UnixListener door = UnixListener.bind(socket, 1)) {
            door.patience(PATIENCE_MILLIS);
            NamespaceId made = send();
            @Nullable Fd received = receive(door);
            Program back = new Program();
            back.add(ORIGIN, new ProcessOp.Unwind());
            executor.run(Batch.of(back));
            if (received != null && received.id().same(made)) {
                return received;
            }
            if (received != null) {
                received.close();
            }
            throw new IOException("no namespace was handed over");
        } finally {
            Files.deleteIfExists(socket);
            executor.renumber();
        }
    }

    private NamespaceId send() throws PlanFailedException, IOException {
        Program first = new Program();
        Step child = first.add(
                ORIGIN,
                new ProcessOp.Clone(process, CLONE_NEWNS, Slot.NONE, "ipcell:empty", inside()),
                new ProcessOp.Kill(process, SIGKILL, PATIENCE_MILLIS));
        first.add(ORIGIN, new ProcessOp.AwaitChild(process, THERE));
        int pid = ChildFacts.decode(executor.run(Batch.of(first)).value(child)).pid();
        Program second = new Program();
        Step opened = second.add(ORIGIN, new NamespaceOp.OpenNs(namespace, Slot.CWD, "/proc/" + pid + "/ns/mnt"));
        second.add(ORIGIN, new ContainerOp.SendSocket(namespace, Slot.CWD, socket.toString(), "mnt"));
        return NamespaceFacts.decode(executor.run(Batch.of(second)).value(opened))
                .id();
    }

    private Program inside() {
        Program child = new Program();
        child.add(ORIGIN, new MountOp.MountSetattr(Slot.CWD, "/", AT_RECURSIVE, 0, 0, MS_PRIVATE));
        List<String> parameters = List.of("mode=0", "nr_inodes=1");
        child.add(ORIGIN, new MountOp.FsMount(root, "tmpfs", "tmpfs", parameters, ATTRIBUTES, 0));
        child.add(ORIGIN, new MountOp.MoveMount(root, Slot.CWD, "/"));
        child.add(ORIGIN, new MountOp.PivotRoot(root));
        child.add(ORIGIN, new ChildOp.SyncPoint(THERE));
        child.add(ORIGIN, new ChildOp.AwaitParent(THERE));
        return child;
    }

    /** Null if nothing of use came; the executor has to be told to go on all the same. */
    private static @Nullable Fd receive(UnixListener door) {
        try (Fd caller = door.accept()) {
            if (caller == null) {
                return null;
            }
            UnixListener.timeout(caller, PATIENCE_MILLIS);
            return UnixListener.receive(caller, ORIGIN);
        } catch (IOException unread) {
            return null;
        }
    }
}
