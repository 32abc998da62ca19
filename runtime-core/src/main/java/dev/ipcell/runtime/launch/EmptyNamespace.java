// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.Batch;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.ChildFacts;
import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Hello;
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
import dev.ipcell.spec.Capability;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes the mount namespace that launches copy. A planner has no privilege that it needs not, and none for this: so it is a caller's
 * executor that makes it, in a child that ends again, and hands it over through a socket.
 */
public final class EmptyNamespace {
    private static final String ORIGIN = "an empty mount namespace";
    private static final int PATIENCE_MILLIS = 1000;
    private static final int THERE = 1;

    /** One line is looked for. */
    private static final int MOUNTINFO_LIMIT = 4 << 20;

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
    public EmptyNamespace(Executor executor, Path socket) {
        this.executor = executor;
        this.socket = socket;
    }

    /** Whether this caller can. */
    public static boolean canBeMadeBy(Executor executor) {
        Hello caller = executor.hello();
        Grantable held = Grantable.of(caller, false);
        return caller.caller().euid() == 0 && held.has(Capability.SYS_ADMIN) && held.has(Capability.SYS_PTRACE);
    }

    /**
     * Makes it. The executor is then as it was before, but that it cannot be dumped (prctl(2)).
     *
     * @throws PlanFailedException if it cannot be made, or the executor is asked to end
     * @throws IOException if the executor went away, cannot reach us, or has made something else
     */
    public Fd make() throws PlanFailedException, IOException {
        Files.deleteIfExists(socket);
        @Nullable Fd received = null;
        boolean isGood = false;
        try (UnixListener door = UnixListener.bind(socket, 1)) {
            door.patience(PATIENCE_MILLIS);
            NamespaceId made = send();
            received = receive(door);
            Program back = new Program();
            back.add(ORIGIN, new ProcessOp.Unwind());
            back.add(ORIGIN, new DescriptorOp.CloseFd(process));
            back.add(ORIGIN, new DescriptorOp.CloseFd(namespace));
            executor.run(Batch.of(back));
            isGood = received != null && received.id().same(made);
            if (received == null || !isGood) {
                throw new IOException("no namespace was handed over");
            }
            return received;
        } finally {
            executor.renumber();
            if (received != null && !isGood) {
                received.close();
            }
            Files.deleteIfExists(socket);
        }
    }

    private NamespaceId send() throws PlanFailedException, IOException {
        Program first = new Program();
        Step child = first.add(
                ORIGIN,
                new ProcessOp.Clone(process, Kernel.CLONE_NEWNS, Slot.NONE, "ipcell:empty", inside()),
                new ProcessOp.Kill(process, Kernel.SIGKILL, PATIENCE_MILLIS));
        first.add(ORIGIN, new ProcessOp.AwaitChild(process, THERE));
        int pid = ChildFacts.decode(executor.run(Batch.of(first)).value(child)).pid();
        Program second = new Program();
        String of = "/proc/" + pid;
        Step mounts = second.add(ORIGIN, new FileOp.ReadFile(Slot.CWD, of + "/mountinfo", MOUNTINFO_LIMIT, 0));
        Step opened = second.add(ORIGIN, new NamespaceOp.OpenNs(namespace, Slot.CWD, of + "/ns/mnt"));
        second.add(ORIGIN, new ContainerOp.SendSocket(namespace, Slot.CWD, socket.toString(), "mnt"));
        BatchResult result = executor.run(Batch.of(second));
        boolean isEmpty =
                new String(result.value(mounts), StandardCharsets.UTF_8).lines().count() == 1;
        return isEmpty ? NamespaceFacts.decode(result.value(opened)).id() : NamespaceId.UNKNOWN;
    }

    /**
     * In the end it is where setns(2) leads others to, which is not where it has come from if the caller's root is not the namespace's; and
     * sees by that whether anything else is there.
     */
    private Program inside() {
        Program child = new Program();
        child.add(ORIGIN, new NamespaceOp.OpenNs(namespace, Slot.CWD, "/proc/self/ns/mnt"));
        child.add(ORIGIN, new MountOp.MountSetattr(Slot.CWD, "/", Kernel.AT_RECURSIVE, 0, 0, Kernel.MS_PRIVATE));
        List<String> parameters = List.of("mode=0", "nr_inodes=1");
        int attributes = Kernel.MOUNT_ATTR_RDONLY
                | Kernel.MOUNT_ATTR_NOSUID
                | Kernel.MOUNT_ATTR_NODEV
                | Kernel.MOUNT_ATTR_NOEXEC;
        child.add(ORIGIN, new MountOp.FsMount(root, "tmpfs", "tmpfs", parameters, attributes, 0));
        child.add(ORIGIN, new MountOp.MoveMount(root, Slot.CWD, "/"));
        child.add(ORIGIN, new MountOp.PivotRoot(root));
        child.add(ORIGIN, new NamespaceOp.SetNs(namespace, Kernel.CLONE_NEWNS));
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
