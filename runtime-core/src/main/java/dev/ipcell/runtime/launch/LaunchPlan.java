// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.launch.LaunchOptions.End;
import dev.ipcell.runtime.notify.NotifySocket;
import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.SchedulingOp;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.NamespaceType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The compiled launch of a container: three programs for the parent, and the child's within the first.
 *
 * <p>{@link #start} ends with the child on its way, which sets itself up while the planner prepares what follows; {@link #release}
 * waits for it, and lets it become the configured process.
 */
final class LaunchPlan {
    /** The child is set up, but for what only the parent can do. */
    static final int SET_UP = 1;

    /** The child is the configured process in all but its program, and waits for the container's start. */
    static final int READY = 2;

    /** The child is in its namespaces, and nothing is mounted yet. */
    static final int IN_NAMESPACES = 3;

    /** All is mounted below the root file system, which is not the child's root yet. */
    static final int MOUNTED = 7;

    private static final String THE_PROCESS = "the container's process";
    private static final String THE_START = "the container's start";
    static final int KILL_WAIT_MILLIS = 10_000;

    private final Launch launch;
    private final Program start = new Program();
    private final Program inScope;
    private final Program child = new Program();
    private final Program outsideLater = new Program();
    private final Program whileMounting = new Program();
    private final Program whenMounted = new Program();
    private final Program whileJoined = new Program();
    private final Slot process;
    private final Slot root;
    private final @Nullable Slot terminal;
    private final NamespacePlan namespaces;
    private final CgroupPlan cgroups;
    private final StatePlan state;
    private final LaunchHooks hooks;
    private final Slot descriptors;
    private final @Nullable NotifyPlan notify;
    private final ChildRelease release;
    private final Step cloneStep;
    private final Step beforePidFile;

    private LaunchPlan(Launch launch) {
        this.launch = launch;
        this.inScope = launch.scope() == null ? start : new Program();
        this.process = launch.slots().open("init");
        this.root = launch.slots().open("root");
        this.terminal = launch.process().terminal() ? launch.slots().open("terminal") : null;
        this.state = new StatePlan(launch);
        this.hooks = new LaunchHooks(launch);
        this.descriptors = launch.slots().open("descriptors");
        this.notify = launch.manager() == null ? null : new NotifyPlan(launch, state.lock());
        this.release = new ChildRelease(launch, hooks, process);
        this.cgroups = new CgroupPlan(launch, process, stopsInNamespaces() || joinsMounts());
        this.namespaces = new NamespacePlan(launch, process, cgroups.isLate());
        outside();
        this.beforePidFile = inside();
        this.cloneStep = startChild();
    }

    /** Compiles the plan; nothing is carried out. */
    static LaunchPlan of(Launch launch) {
        return new LaunchPlan(launch);
    }

    /** The parent's operations up to the child being made. */
    Program start() {
        return start;
    }

    /** What goes on from {@link #start} once the child is in its scope; the same program if there is none. */
    Program inScope() {
        return inScope;
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

    StatePlan state() {
        return state;
    }

    /** The parent's operations from the child being set up to its being the process. */
    ChildRelease release() {
        return release;
    }

    /** Whether the step is one that the child takes before the parent writes the pid file. */
    boolean isBeforePidFile(@Nullable Step step) {
        int index = child.steps().indexOf(step);
        return index >= 0 && index < child.steps().indexOf(beforePidFile);
    }

    private void outside() {
        Warnings.of(launch).tell(start, launch.options().log());
        start.add("the guardian", new ProcessOp.Guard());
        stateDirectory();
        SeccompPlan seccomp = launch.seccomp();
        if (seccomp != null) {
            seccomp.keep(start);
        }
        for (Step step : launch.streams()) {
            start.add(step);
        }
        cgroups.beforeClone(start);
        RdtPlan rdt = launch.rdt();
        if (rdt != null) {
            rdt.make(start);
        }
        String origin = Launch.at("/root/path");
        int copy = Kernel.OPEN_TREE_CLONE | Kernel.AT_RECURSIVE | Kernel.AT_EMPTY_PATH;
        start.add(origin, new MountOp.OpenTree(root, launch.rootfs(), "", copy, 0));
        start.add(
                origin,
                new MountOp.MountSetattr(
                        root, "", Kernel.AT_EMPTY_PATH | Kernel.AT_RECURSIVE, 0, 0, RootfsPlan.untilPivoted(launch)));
        if (launch.sharesMounts()) {
            String path = launch.rootfsPath();
            start.add(origin, new MountOp.MoveMount(root, Slot.CWD, path), new MountOp.Unmount(path));
        }
    }

    private void stateDirectory() {
        state.directory(start, hooks.poststop());
        if (notify != null) {
            notify.make(start);
        }
        if (launch.options().end() == End.CREATED) {
            state.fifo(start);
        }
    }

    private boolean stopsInNamespaces() {
        return !launch.netDevices().isEmpty() || hooks.areOutside();
    }

    /** Then the child may see no cgroups any more once it is in its namespaces. */
    private boolean joinsMounts() {
        return launch.namespaces().joined().containsKey(NamespaceType.MOUNT);
    }

    /** What only the parent can do once the child's namespaces are there, and before anything is mounted in them. */
    private void betweenNamespacesAndMounts() {
        if (launch.netDevices().isEmpty()) {
            return;
        }
        NetDevicePlan devices = launch.netDevices();
        devices.sendNamespace(child);
        child.add(THE_PROCESS, new ChildOp.SyncPoint(IN_NAMESPACES));
        child.add(THE_PROCESS, new ChildOp.AwaitParent(IN_NAMESPACES));
        outsideLater.add(THE_PROCESS, new ProcessOp.AwaitChild(process, IN_NAMESPACES));
        devices.move(outsideLater);
        outsideLater.add(THE_PROCESS, new ProcessOp.ReleaseChild(process, IN_NAMESPACES));
    }

    /** Hooks of the caller's side find all mounts in the container's namespace, and what they mount on these stays (runtime-spec, config.md, "POSIX-platform Hooks"). */
    private void betweenMountsAndPivot(Program child) {
        if (!hooks.areOutside()) {
            return;
        }
        child.add(THE_PROCESS, new ChildOp.SyncPoint(MOUNTED));
        child.add(THE_PROCESS, new ChildOp.AwaitParent(MOUNTED));
        whenMounted.add(THE_PROCESS, new ProcessOp.AwaitChild(process, MOUNTED));
        hooks.outside(whenMounted, process);
        whenMounted.add(THE_PROCESS, new ProcessOp.ReleaseChild(process, MOUNTED));
    }

    /** Returns the step behind which the parent writes the pid file. */
    private Step inside() {
        state.close(child);
        if (launch.options().end() == End.CREATED) {
            child.add(
                    THE_START,
                    new DescriptorOp.OpenFd(
                            descriptors, Slot.CWD, "/proc/self/fd", Kernel.O_PATH | Kernel.O_DIRECTORY, 0, 0));
        }
        ConfinementPlan confinement = launch.confinement();
        if (confinement != null) {
            confinement.open(child, launch.slots());
        }
        cgroups.enter(child);
        namespaces.enter(child);
        session(confinement);
        namespaces.names(child);
        betweenNamespacesAndMounts();
        mounts();
        Step released = release.await(child);
        if (!ChildRelease.hasUser(launch)) {
            ProcessPlan.rlimits(child, Slot.NONE, Launch.at(""), launch.process());
        }
        SchedulingPlan.onEveryProcessor(child);
        SchedulingPlan.add(child, launch.process(), launch.linux());
        Step waits = become(confinement);
        return waits == null ? released : waits;
    }

    private void session(@Nullable ConfinementPlan confinement) {
        child.add("a session of its own", new ChildOp.SetSid());
        if (!launch.options().noNewKeyring()) {
            if (confinement != null) {
                confinement.labelKeys(child);
            }
            child.add("a session keyring of its own", new SchedulingOp.JoinKeyring("_ses." + launch.id()));
        }
    }

    private void mounts() {
        Program beforePivot = new Program();
        if (notify != null) {
            notify.attach(beforePivot, launch, root);
        }
        betweenMountsAndPivot(beforePivot);
        hooks.createContainer(beforePivot);
        new RootfsPlan(
                        launch,
                        start,
                        whileJoined,
                        whileMounting,
                        child,
                        process,
                        root,
                        terminal,
                        cgroups.enterLate(namespaces),
                        cgroups.awaitLimits(),
                        beforePivot)
                .add();
    }

    /** Returns the step with which it waits for its start, if it does. */
    private @Nullable Step become(@Nullable ConfinementPlan confinement) {
        Step waits = null;
        ProcessPlan plan = new ProcessPlan(
                launch.process(), launch.grantable(), launch.home(), launch.seccomp(), confinement, child);
        int others = ProcessPlan.FIRST_BEYOND_STDIO + launch.options().preserveFds();
        plan.become(
                // It may wait for long, with what its creator has open.
                launch.options().end() == End.CREATED
                        ? new DescriptorOp.CloseOthers(others, descriptors, state.fifo())
                        : ProcessPlan.closedAtExec(others),
                hooks.areAtStart());
        if (launch.options().end() == End.CREATED) {
            plan.check();
            waits = child.add(THE_START, new ChildOp.SyncPoint(READY));
            child.add(THE_START, new ContainerOp.AwaitStart(descriptors, state.fifo()));
        }
        if (hooks.areAtStart()) {
            plan.filterHooks();
        }
        List<String> variables = ListenVariables.of(launch.hello());
        if (notify != null) {
            variables.add(NotifySocket.variable());
        }
        List<String> environment = plan.environment(variables);
        hooks.startContainer(child, environment);
        plan.exec(environment);
        return waits;
    }

    private Step startChild() {
        namespaces.beforeClone(start, whileJoined);
        Slot cgroup = cgroups.open(start);
        Step step = start.add(
                Launch.at("/linux/namespaces"),
                new ProcessOp.Clone(process, namespaces.cloneFlags(), cgroup, "ipcell:init", child),
                new ProcessOp.Kill(process, Kernel.SIGKILL, KILL_WAIT_MILLIS));
        cgroups.awaitScope(start, inScope);
        namespaces.afterClone(inScope);
        cgroups.afterClone(inScope);
        state.configuration(inScope);
        for (Program later : List.of(outsideLater, whileMounting, whenMounted)) {
            for (Step outside : later.steps()) {
                inScope.add(outside);
            }
        }
        return step;
    }
}
