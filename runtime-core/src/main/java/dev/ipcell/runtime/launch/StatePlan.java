// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.cgroup.Cgroup;
import dev.ipcell.runtime.failure.Timestamp;
import dev.ipcell.runtime.state.StoredContainer;
import dev.ipcell.runtime.state.StoredScope;
import dev.ipcell.shim.ChildFacts;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Op;
import dev.ipcell.shim.PathOp;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.ContainerStatus;
import dev.ipcell.spec.JsonWriter;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.State;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The directory that keeps what later calls have to know of a container. */
final class StatePlan {
    private static final String ORIGIN = "the container's state";
    private static final int LOCK_WAIT_MILLIS = 10_000;

    /** Another call may have the lock for as long as it waits for systemd, several times. */
    private static final int UNDO_WAIT_MILLIS = 60_000;

    private static final byte[] THAWED = "THAWED".getBytes(StandardCharsets.US_ASCII);
    private static final int DIRECTORY_MODE = 0711;
    private static final int CONFIG_MODE = 0600;
    private static final int STATE_FILE_MODE = 0600;
    private static final int FIFO_MODE = 0622;

    /** Only root launches containers. */
    private static final String OWNER = "root";

    private final Launch launch;
    private final Slot lock;
    private final Slot fifo;

    StatePlan(Launch launch) {
        this.launch = launch;
        this.lock = launch.slots().open("state");
        this.fifo = launch.slots().open("exec.fifo");
    }

    /** The directory, open and locked. */
    Slot lock() {
        return lock;
    }

    /** What a created container waits at for its start. */
    Slot fifo() {
        return fifo;
    }

    /**
     * Makes the directory. It is locked until the launch is done, so that no other call finds half a container. It may not be the one that was
     * made: a forced delete may have taken that away before it was locked, and another call made one anew. So nobody who has it open removes
     * it without its lock.
     *
     * @param poststop what is to be done when it is gone again
     */
    void directory(Program parent, List<? extends Op> poststop) {
        String directory = launch.stateDirectory();
        rootDirectory(parent);
        PathOp.RemoveDir remove = new PathOp.RemoveDir(Slot.CWD, directory, 0);
        parent.add(
                ORIGIN,
                new PathOp.MakeDir(Slot.CWD, directory, DIRECTORY_MODE, 0),
                new DescriptorOp.Lock(lock, Kernel.LOCK_EX | DescriptorOp.Lock.EMPTY | DescriptorOp.Lock.UNDO, 0),
                remove);
        parent.add(ORIGIN, new DescriptorOp.OpenFd(lock, Slot.CWD, directory, Kernel.O_DIRECTORY, 0, 0));
        List<Op> undo = new ArrayList<>();
        undo.add(lockToUndo());
        undo.add(remove);
        undo.addAll(poststop);
        parent.add(ORIGIN, new DescriptorOp.Lock(lock, Kernel.LOCK_EX | DescriptorOp.Lock.EMPTY, LOCK_WAIT_MILLIS));
        // By itself, because who is killed while it waits for the lock has nothing that would be gone.
        parent.add(ORIGIN, new FileOp.Stat(lock, "", 0), undo.toArray(new Op[0]));
    }

    private DescriptorOp.Lock lockToUndo() {
        return new DescriptorOp.Lock(lock, Kernel.LOCK_EX | DescriptorOp.Lock.UNDO, UNDO_WAIT_MILLIS);
    }

    /** Every directory of its path is made that is missing; engines name one that nobody has made. */
    private void rootDirectory(Program parent) {
        String root = launch.options().stateRoot();
        for (int slash = root.indexOf('/', 1); slash > 0; slash = root.indexOf('/', slash + 1)) {
            String above = root.substring(0, slash);
            parent.add("--root", new PathOp.MakeDir(Slot.CWD, above, DIRECTORY_MODE, PathOp.MakeDir.MAY_EXIST));
        }
        parent.add("--root", new PathOp.MakeDir(Slot.CWD, root, DIRECTORY_MODE, PathOp.MakeDir.MAY_EXIST));
    }

    void fifo(Program parent) {
        parent.add(
                ORIGIN,
                new PathOp.MakeNode(lock, StoredContainer.FIFO, Kernel.S_IFIFO | FIFO_MODE, 0, 0, 0, 0),
                new PathOp.RemoveFile(lock, StoredContainer.FIFO));
        parent.add(ORIGIN, new DescriptorOp.OpenFd(fifo, lock, StoredContainer.FIFO, Kernel.O_PATH, 0, 0));
    }

    /** Written by descriptor: a forced delete may have taken the directory away before it was locked, and another call made it anew. */
    void configuration(Program parent) {
        String config = StoredContainer.CONFIG;
        FileOp.WriteFileAtomic write = new FileOp.WriteFileAtomic(
                lock,
                config,
                StoredContainer.unfinished(config),
                CONFIG_MODE,
                launch.bundle().config());
        parent.add(
                ORIGIN + " in " + launch.stateDirectory(), write, write.removal(), new PathOp.RemoveFile(lock, config));
    }

    /** What tells that there is a container, and everything that is to be known of it. */
    void container(Program parent, ChildFacts child) {
        State state = new State(
                launch.spec().ociVersion(),
                launch.id(),
                child.pid(),
                ContainerStatus.CREATED,
                launch.bundle().directory(),
                launch.rootfsPath(),
                Timestamp.now(),
                launch.spec().annotations(),
                OWNER);
        RdtPlan rdt = launch.rdt();
        StoredContainer stored = new StoredContainer(
                state,
                child.startTime(),
                launch.bootId(),
                launch.cgroups().directories(),
                launch.scope() == null ? null : StoredScope.of(launch.scope()),
                rdt == null ? null : rdt.group(),
                launch.manager() != null,
                launch.sharesMounts() ? launch.hello().namespace("mnt").toString() : null,
                !launch.namespaces().isFresh(NamespaceType.PID),
                HookPlan.stored(launch.bundle().document().raw()));
        String file = launch.stateDirectory() + "/" + StoredContainer.FILE;
        FileOp.WriteFileAtomic write = new FileOp.WriteFileAtomic(
                Slot.CWD,
                file,
                StoredContainer.unfinished(file),
                STATE_FILE_MODE,
                JsonWriter.compact(stored.toJson()).getBytes(StandardCharsets.UTF_8));
        parent.add(ORIGIN, write, write.removal(), new PathOp.RemoveFile(Slot.CWD, file));
    }

    /** The child holds no lock. */
    void close(Program child) {
        child.add(ORIGIN, new DescriptorOp.CloseFd(lock));
    }

    /**
     * Lets other calls at the container, which is whole from here on, though this call goes on. If one of them deletes it, then what has its
     * name when this call ends is another's. Its process is always ours, and does not live until they have done.
     */
    void unlock(Program parent, Slot process) {
        for (Cgroup cgroup : launch.cgroups().directories()) {
            if (!cgroup.unified() && cgroup.controllers().contains("freezer")) {
                // From here on it may be paused, and what stands still there cannot die.
                FileOp thaw = new FileOp.WriteFile(
                        Slot.CWD, cgroup.directory() + "/freezer.state", Kernel.O_WRONLY, 0, 0, THAWED);
                parent.add(Step.optional("a pause", new FileOp.Stat(lock, "", 0), thaw));
            }
        }
        parent.add(
                ORIGIN,
                new DescriptorOp.Lock(lock, DescriptorOp.Lock.UNLOCK, 0),
                new ProcessOp.Kill(process, Kernel.SIGKILL, 0),
                lockToUndo());
    }
}
