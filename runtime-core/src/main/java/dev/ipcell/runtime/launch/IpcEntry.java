// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.NamespaceFacts;
import dev.ipcell.shim.NamespaceOp;
import dev.ipcell.shim.PathOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.linux.Errno;
import java.io.IOException;
import java.util.List;

/**
 * A host's command in an IPC namespace, without a container: the executor enters it, gives it a {@code /dev/mqueue} of its own in a
 * private mount namespace, and becomes the command.
 */
public final class IpcEntry {
    private static final String MQUEUE = "/dev/mqueue";
    private static final int MQUEUE_MODE = 0755;

    private final Executor executor;
    private final Slots slots = new Slots();

    /** An entry by this executor. */
    public IpcEntry(Executor executor) {
        this.executor = executor;
    }

    /**
     * Runs a command in a new IPC namespace.
     *
     * @param command with its arguments; empty for the caller's shell
     */
    public void unshare(List<String> command) throws PlanFailedException, IOException {
        Program program = new Program();
        program.add("ipc unshare", new NamespaceOp.Unshare(Kernel.CLONE_NEWIPC | Kernel.CLONE_NEWNS));
        become(program, "ipc unshare", command);
    }

    /**
     * Runs a command in an existing IPC namespace.
     *
     * @param target a process ID, or the path of a namespace file
     * @param command with its arguments; empty for the caller's shell
     * @throws Failure if there is no such process, or the file is no IPC namespace
     */
    public void exec(String target, List<String> command) throws Failure, PlanFailedException, IOException {
        boolean isPid = isNumber(target);
        String path = isPid ? "/proc/" + target + "/ns/ipc" : target;
        Slot slot = slots.open("ipc-namespace");
        NamespaceFacts facts =
                open(slot, path, isPid ? "no process has PID " + target : path + ": no such file or directory");
        if (facts.type() != Kernel.CLONE_NEWIPC) {
            throw new Failure(path + " is a " + NamespaceKind.name(facts.type()) + " namespace, not ipc");
        }
        Program program = new Program();
        program.add("ipc exec " + target, new NamespaceOp.SetNs(slot, Kernel.CLONE_NEWIPC));
        program.add("ipc exec " + target, new NamespaceOp.Unshare(Kernel.CLONE_NEWNS));
        become(program, "ipc exec " + target, command);
    }

    private static boolean isNumber(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return !text.isEmpty();
    }

    private NamespaceFacts open(Slot slot, String path, String missing)
            throws Failure, PlanFailedException, IOException {
        Program program = new Program();
        Step step = program.add("ipc exec", new NamespaceOp.OpenNs(slot, Slot.CWD, path));
        try {
            BatchResult result = executor.run(Batch.of(program));
            return NamespaceFacts.decode(result.value(step));
        } catch (PlanFailedException failed) {
            int errno = failed.failure().errno();
            if (errno == Errno.ENOENT) {
                throw new Failure(missing);
            }
            if (errno == Errno.EINVAL && failed.failure().call().equals("fstatfs")) {
                throw new Failure(path + " is no namespace file");
            }
            throw failed;
        }
    }

    /** The rest is the same for both: queues made visible, and the command in our place. */
    private void become(Program program, String origin, List<String> command) throws PlanFailedException, IOException {
        program.add(origin, new MountOp.MountSetattr(Slot.CWD, "/", Kernel.AT_RECURSIVE, 0, 0, Kernel.MS_PRIVATE));
        // The place where mq_overview(7) and every distribution mount it; a machine that lacks the directory is given
        // it.
        program.add(origin, new PathOp.MakeDir(Slot.CWD, MQUEUE, MQUEUE_MODE, PathOp.MakeDir.MAY_EXIST));
        Slot queues = slots.open("mqueue");
        int attributes = Kernel.MOUNT_ATTR_NOSUID | Kernel.MOUNT_ATTR_NODEV | Kernel.MOUNT_ATTR_NOEXEC;
        program.add(origin, new MountOp.FsMount(queues, "mqueue", "mqueue", List.of(), attributes, 0));
        program.add(origin, new MountOp.MoveMount(queues, Slot.CWD, MQUEUE));
        List<String> argv = command.isEmpty() ? List.of(shell()) : command;
        program.add(
                origin,
                new ChildOp.Exec(
                        argv, List.of(), SearchPath.candidates(argv.getFirst(), path()), ChildOp.Exec.OWN_ENVIRONMENT));
        executor.run(Batch.of(program));
    }

    private String shell() {
        String shell = executor.hello().variable("SHELL");
        return shell == null || shell.isEmpty() ? "/bin/sh" : shell;
    }

    private String path() {
        String path = executor.hello().variable("PATH");
        return path == null ? SearchPath.DEFAULT : path;
    }
}
