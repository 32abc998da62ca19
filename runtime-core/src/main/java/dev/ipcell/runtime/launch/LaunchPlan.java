// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.CredentialOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.NamespaceOp;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.Rlimit;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The compiled launch of a container: three programs for the parent, and the child's within the first.
 *
 * <p>{@link #start} ends with the child set up in its namespaces and waiting; {@link #exec} lets it become the configured process.
 */
final class LaunchPlan {
    /** The child is set up, but for what only the parent can do. */
    static final int SET_UP = 1;

    /** Kinds that clone3(2) can make at once; a cgroup namespace has to wait until the child is in its cgroup. */
    private static final EnumSet<NamespaceType> BY_CLONE = EnumSet.of(
            NamespaceType.MOUNT, NamespaceType.UTS, NamespaceType.IPC, NamespaceType.NETWORK, NamespaceType.PID);

    private static final int KILL_WAIT_MILLIS = 10_000;
    private static final int STATE_MODE = 0711;

    private final Launch launch;
    private final Program start = new Program();
    private final Program child = new Program();
    private final Slot process;
    private final Slot root;
    private final @Nullable Slot terminal;
    private final Step cloneStep;

    private LaunchPlan(Launch launch) {
        this.launch = launch;
        this.process = launch.slots().open("init");
        this.root = launch.slots().open("root");
        this.terminal = launch.process().terminal() ? launch.slots().open("terminal") : null;
        outside();
        inside();
        this.cloneStep = startChild();
    }

    /** Compiles the plan; nothing is carried out. */
    static LaunchPlan of(Launch launch) {
        return new LaunchPlan(launch);
    }

    /** The parent's operations up to the child being set up. */
    Program start() {
        return start;
    }

    /** The child's operations. */
    Program child() {
        return child;
    }

    /** The step of {@link #start} whose value is the child's pid. */
    Step cloneStep() {
        return cloneStep;
    }

    /** The process slot of the container's first process. */
    Slot process() {
        return process;
    }

    /** The slot of the terminal's master, or {@link Slot#NONE}. */
    Slot terminal() {
        return terminal == null ? Slot.NONE : terminal;
    }

    /** Adds what turns the waiting child into the configured process. */
    void exec(Program program) {
        List<Rlimit> rlimits = launch.process().rlimits();
        for (int i = 0; i < rlimits.size(); i++) {
            Rlimit rlimit = rlimits.get(i);
            String origin =
                    Launch.at("/process/rlimits/" + i + " (" + rlimit.type().wire() + ")");
            program.add(
                    origin, new CredentialOp.SetRlimit(process, rlimit.type().number(), rlimit.soft(), rlimit.hard()));
        }
        program.add("the container's process", new ProcessOp.ReleaseChild(process, SET_UP));
        program.add(Launch.at("/process/args"), new ProcessOp.AwaitExec(process));
    }

    private void outside() {
        start.add("the guardian", new ProcessOp.Guard());
        start.add("--root", new FileOp.MakeDir(Slot.CWD, launch.stateRoot(), STATE_MODE, FileOp.MakeDir.MAY_EXIST));
        start.add(
                "the container's state",
                new FileOp.MakeDir(Slot.CWD, launch.stateDirectory(), STATE_MODE, 0),
                new FileOp.RemoveDir(Slot.CWD, launch.stateDirectory(), 0));
        launch.cgroups().make(start);
        DeviceRules.add(launch, start);
        String origin = Launch.at("/root/path");
        int copy = Kernel.OPEN_TREE_CLONE | Kernel.AT_RECURSIVE | Kernel.AT_EMPTY_PATH;
        start.add(origin, new MountOp.OpenTree(root, launch.rootfs(), "", copy, 0));
        start.add(
                origin,
                new MountOp.MountSetattr(
                        root, "", Kernel.AT_EMPTY_PATH | Kernel.AT_RECURSIVE, 0, 0, RootfsPlan.propagation(launch)));
    }

    private void inside() {
        launch.cgroups().enter(child);
        enterNamespaces();
        child.add("a session of its own", new ProcessOp.SetSid());
        String hostname = launch.spec().hostname();
        if (hostname != null && !hostname.isEmpty()) {
            child.add(Launch.at("/hostname"), new NamespaceOp.SetHostname(hostname));
        }
        String domainname = launch.spec().domainname();
        if (domainname != null && !domainname.isEmpty()) {
            child.add(Launch.at("/domainname"), new NamespaceOp.SetDomainname(domainname));
        }
        new RootfsPlan(launch, start, child, root, terminal).add();
        child.add("what only the parent can do", new ProcessOp.SyncPoint(SET_UP));
        child.add("what only the parent can do", new ProcessOp.AwaitParent(SET_UP));
        new ProcessPlan(launch, child).add();
    }

    private void enterNamespaces() {
        for (Map.Entry<NamespaceType, Namespaces.Joined> entry :
                launch.namespaces().joined().entrySet()) {
            if (entry.getKey() != NamespaceType.PID) {
                Namespaces.Joined joined = entry.getValue();
                child.add(
                        Launch.at(joined.pointer()),
                        new NamespaceOp.SetNs(joined.slot(), NamespaceKind.flag(entry.getKey())));
            }
        }
        int later = launch.namespaces().flags(EnumSet.of(NamespaceType.CGROUP));
        if (later != 0) {
            child.add(Launch.at("/linux/namespaces"), new NamespaceOp.Unshare(later));
        }
    }

    private Step startChild() {
        Namespaces.Joined pid = launch.namespaces().joined().get(NamespaceType.PID);
        if (pid != null) {
            // setns(2) to a PID namespace holds for the children made after it, not for the caller.
            start.add(Launch.at(pid.pointer()), new NamespaceOp.SetNs(pid.slot(), Kernel.CLONE_NEWPID));
        }
        Slot cgroup = launch.cgroups().open(start, launch.slots());
        Step step = start.add(
                Launch.at("/linux/namespaces"),
                new ProcessOp.Clone(process, launch.namespaces().flags(BY_CLONE), cgroup, "ipcell:init", child),
                new ProcessOp.Kill(process, Kernel.SIGKILL, KILL_WAIT_MILLIS));
        start.add("the container's process", new ProcessOp.AwaitChild(process, SET_UP));
        return step;
    }
}
