// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.launch.LaunchOptions.End;
import dev.ipcell.runtime.notify.NotifySocket;
import dev.ipcell.runtime.state.StoredContainer;
import dev.ipcell.shim.ChildFacts;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.NamespaceOp;
import dev.ipcell.shim.Op;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.SchedulingOp;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.ContainerStatus;
import dev.ipcell.spec.Hook;
import dev.ipcell.spec.Hooks;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.State;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The compiled launch of a container: three programs for the parent, and the child's within the first.
 *
 * <p>{@link #start} ends with the child on its way, which sets itself up while the planner prepares what follows; {@link #awaitSetUp}
 * waits for it, and {@link #exec} lets it become the configured process.
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
    private static final int FIFO_MODE = 0622;
    private static final int LOCK_WAIT_MILLIS = 10_000;
    static final int KILL_WAIT_MILLIS = 10_000;
    private static final int STATE_MODE = 0711;
    private static final int CONFIG_MODE = 0600;

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
    private final Slot lock;
    private final Slot fifo;
    private final Slot descriptors;
    private final @Nullable NotifyPlan notify;
    private final boolean needsParent;
    private final Step cloneStep;
    private final Step beforePidFile;

    private LaunchPlan(Launch launch) {
        this.launch = launch;
        this.inScope = launch.scope() == null ? start : new Program();
        this.process = launch.slots().open("init");
        this.root = launch.slots().open("root");
        this.terminal = launch.process().terminal() ? launch.slots().open("terminal") : null;
        this.lock = launch.slots().open("state");
        this.fifo = launch.slots().open("exec.fifo");
        this.descriptors = launch.slots().open("descriptors");
        this.notify = launch.manager() == null ? null : new NotifyPlan(launch, lock);
        this.needsParent = needsParent();
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

    /** Adds what waits for the child to be set up, and what only the parent can do then; nothing if there is no such thing. */
    void awaitSetUp(Program program) {
        if (needsParent) {
            program.add(THE_PROCESS, new ProcessOp.AwaitChild(process, SET_UP));
            limits(program);
        }
    }

    /** Whether the child has to be set up, and to wait, before the parent does something. Each wait takes some 0.1 ms. */
    private boolean needsParent() {
        LaunchOptions options = launch.options();
        // Who asked for these gets them only from a container that can run.
        boolean tells = options.consoleSocket() != null || options.pidfdSocket() != null || options.pidFile() != null;
        return launch.rdt() != null
                || launch.process().oomScoreAdj() != null
                || (hasUser() && !launch.process().rlimits().isEmpty())
                || (tells && options.end() != End.CREATED);
    }

    private boolean hasUser() {
        return !launch.namespaces().isHosts(NamespaceType.USER);
    }

    /** Whether the step is one that the child takes before the parent writes the pid file. */
    boolean isBeforePidFile(@Nullable Step step) {
        int index = child.steps().indexOf(step);
        return index >= 0 && index < child.steps().indexOf(beforePidFile);
    }

    private void limits(Program program) {
        RdtPlan rdt = launch.rdt();
        if (rdt != null) {
            RdtPlan.enter(program, rdt.group(), process);
        }
        Integer score = launch.process().oomScoreAdj();
        if (score != null) {
            byte[] text = score.toString().getBytes(StandardCharsets.US_ASCII);
            program.add(Launch.at("/process/oomScoreAdj"), new ContainerOp.WriteProc(process, "oom_score_adj", text));
        }
        if (hasUser()) {
            // Only the parent can raise those of a child in a user namespace.
            ProcessPlan.rlimits(program, process, Launch.at(""), launch.process());
        }
    }

    /** Adds what turns the waiting child into the configured process, and the hooks for when that is done. */
    void exec(Program program, ChildFacts facts) {
        release(program, facts);
        int hold = launch.options().isForeground() ? ProcessOp.AwaitExec.HOLD_SIGNALS : 0;
        program.add(Launch.at("/process/args"), new ProcessOp.AwaitExec(process, hold));
        hooks(program, "poststart", hooks().poststart(), process, ContainerStatus.RUNNING);
    }

    /** Adds what lets other calls at the container, which is whole from here on, though this call goes on. */
    void unlock(Program program) {
        program.add("the container's state", new FileOp.Lock(lock, FileOp.Lock.UNLOCK, 0));
    }

    /** Adds what leads the child to where it waits for its start. */
    void ready(Program program, ChildFacts facts) {
        release(program, facts);
        program.add(Launch.at("/process/args"), new ProcessOp.AwaitChild(process, READY));
    }

    private void release(Program program, ChildFacts facts) {
        program.add(THE_PROCESS, new ProcessOp.ReleaseChild(process, SET_UP));
        SeccompPlan seccomp = launch.seccomp();
        if (seccomp != null) {
            seccomp.handOver(program, process, facts.pid(), state());
        }
    }

    private void warnings() {
        new Warnings()
                .add(Launch.at(""), launch.bundle().document().warnings())
                .add(Launch.at(""), launch.resources().warnings())
                .add(Launch.at(""), QueueLimit.warnings(launch))
                .add(Launch.at(""), MountPlan.warnings(launch))
                .missing(Launch.at("/process/capabilities"), launch.process().capabilities(), launch.grantable())
                .tell(start, launch.options().log());
    }

    private void outside() {
        warnings();
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

    /**
     * The directory is locked until the launch is done, so that no other call finds half a container. It may not be the one that was
     * made: a forced delete may have taken that away before it was locked, and another call made one anew.
     */
    private void stateDirectory() {
        String directory = launch.stateDirectory();
        String origin = "the container's state";
        rootDirectory();
        List<Op> undo = new ArrayList<>();
        undo.add(new FileOp.RemoveDir(Slot.CWD, directory, 0));
        undo.addAll(HookPlan.poststop(hooks().poststop(), state()));
        start.add(origin, new FileOp.MakeDir(Slot.CWD, directory, STATE_MODE, 0), undo.toArray(new Op[0]));
        start.add(origin, new FileOp.OpenFd(lock, Slot.CWD, directory, Kernel.O_DIRECTORY, 0, 0));
        start.add(origin, new FileOp.Lock(lock, Kernel.LOCK_EX | FileOp.Lock.EMPTY, LOCK_WAIT_MILLIS));
        if (notify != null) {
            notify.make(start);
        }
        if (launch.options().end() == End.CREATED) {
            start.add(
                    origin,
                    new FileOp.MakeNode(lock, StoredContainer.FIFO, Kernel.S_IFIFO | FIFO_MODE, 0, 0, 0, 0),
                    new FileOp.RemoveFile(lock, StoredContainer.FIFO));
            start.add(origin, new FileOp.OpenFd(fifo, lock, StoredContainer.FIFO, Kernel.O_PATH, 0, 0));
        }
    }

    /**
     * Written while the child mounts. By descriptor: a forced delete may have taken the directory away before it was locked, and another
     * call made it anew.
     */
    private void configuration() {
        String config = StoredContainer.CONFIG;
        FileOp.WriteFileAtomic write = new FileOp.WriteFileAtomic(
                lock,
                config,
                StoredContainer.unfinished(config),
                CONFIG_MODE,
                launch.bundle().config());
        inScope.add(
                "the container's state in " + launch.stateDirectory(),
                write,
                write.removal(),
                new FileOp.RemoveFile(lock, config));
    }

    /** Every directory of its path is made that is missing; engines name one that nobody has made. */
    private void rootDirectory() {
        String root = launch.options().stateRoot();
        for (int slash = root.indexOf('/', 1); slash > 0; slash = root.indexOf('/', slash + 1)) {
            String parent = root.substring(0, slash);
            start.add("--root", new FileOp.MakeDir(Slot.CWD, parent, STATE_MODE, FileOp.MakeDir.MAY_EXIST));
        }
        start.add("--root", new FileOp.MakeDir(Slot.CWD, root, STATE_MODE, FileOp.MakeDir.MAY_EXIST));
    }

    private Hooks hooks() {
        Hooks hooks = launch.spec().hooks();
        List<Hook> none = List.of();
        return hooks == null ? new Hooks(none, none, none, none, none, none, Map.of()) : hooks;
    }

    private State state() {
        return new State(
                launch.spec().ociVersion(),
                launch.id(),
                0,
                ContainerStatus.CREATING,
                launch.bundle().directory(),
                launch.rootfsPath(),
                null,
                launch.spec().annotations(),
                null);
    }

    private void hooks(Program program, String kind, List<Hook> hooks, Slot told, ContainerStatus status) {
        hooks(program, kind, hooks, told, status, List.of());
    }

    /**
     * Adds hooks.
     *
     * @param environment of one that configures none
     */
    private void hooks(
            Program program,
            String kind,
            List<Hook> hooks,
            Slot told,
            ContainerStatus status,
            List<String> environment) {
        List<ContainerOp.RunHook> operations = HookPlan.of(hooks, told, state(), status, environment);
        for (int i = 0; i < operations.size(); i++) {
            program.add(Launch.at("/hooks/" + kind + "/" + i), operations.get(i));
        }
    }

    private boolean stopsInNamespaces() {
        return !launch.netDevices().isEmpty()
                || !hooks().prestart().isEmpty()
                || !hooks().createRuntime().isEmpty();
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
        child.add(THE_PROCESS, new ProcessOp.SyncPoint(IN_NAMESPACES));
        child.add(THE_PROCESS, new ProcessOp.AwaitParent(IN_NAMESPACES));
        outsideLater.add(THE_PROCESS, new ProcessOp.AwaitChild(process, IN_NAMESPACES));
        devices.move(outsideLater);
        outsideLater.add(THE_PROCESS, new ProcessOp.ReleaseChild(process, IN_NAMESPACES));
    }

    /** Hooks of the caller's side find all mounts in the container's namespace, and what they mount on these stays (runtime-spec, config.md, "POSIX-platform Hooks"). */
    private void betweenMountsAndPivot(Program child) {
        if (hooks().prestart().isEmpty() && hooks().createRuntime().isEmpty()) {
            return;
        }
        child.add(THE_PROCESS, new ProcessOp.SyncPoint(MOUNTED));
        child.add(THE_PROCESS, new ProcessOp.AwaitParent(MOUNTED));
        whenMounted.add(THE_PROCESS, new ProcessOp.AwaitChild(process, MOUNTED));
        hooks(whenMounted, "prestart", hooks().prestart(), process, ContainerStatus.CREATING);
        hooks(whenMounted, "createRuntime", hooks().createRuntime(), process, ContainerStatus.CREATING);
        whenMounted.add(THE_PROCESS, new ProcessOp.ReleaseChild(process, MOUNTED));
    }

    /** Returns the step behind which the parent writes the pid file. */
    private Step inside() {
        child.add("the container's state", new FileOp.CloseFd(lock));
        if (launch.options().end() == End.CREATED) {
            child.add(
                    "the container's start",
                    new FileOp.OpenFd(
                            descriptors, Slot.CWD, "/proc/self/fd", Kernel.O_PATH | Kernel.O_DIRECTORY, 0, 0));
        }
        ConfinementPlan confinement = launch.confinement();
        if (confinement != null) {
            confinement.open(child, launch.slots());
        }
        cgroups.enter(child);
        namespaces.enter(child);
        child.add("a session of its own", new ProcessOp.SetSid());
        if (!launch.options().noNewKeyring()) {
            if (confinement != null) {
                confinement.labelKeys(child);
            }
            child.add("a session keyring of its own", new SchedulingOp.JoinKeyring("_ses." + launch.id()));
        }
        String hostname = launch.spec().hostname();
        if (hostname != null && !hostname.isEmpty()) {
            child.add(Launch.at("/hostname"), new NamespaceOp.SetHostname(hostname));
        }
        String domainname = launch.spec().domainname();
        if (domainname != null && !domainname.isEmpty()) {
            child.add(Launch.at("/domainname"), new NamespaceOp.SetDomainname(domainname));
        }
        betweenNamespacesAndMounts();
        Program createContainer = new Program();
        if (notify != null) {
            notify.attach(createContainer, launch, root);
        }
        betweenMountsAndPivot(createContainer);
        if (!hooks().createContainer().isEmpty()) {
            // Where runc runs them, so that hooks with relative paths exist. A user namespace may have no way there.
            createContainer.add(
                    Step.optional(Launch.at("/hooks/createContainer"), new ProcessOp.Chdir(launch.rootfsPath(), 0)));
        }
        hooks(createContainer, "createContainer", hooks().createContainer(), Slot.NONE, ContainerStatus.CREATING);
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
                        createContainer)
                .add();
        if (needsParent) {
            child.add("what only the parent can do", new ProcessOp.SyncPoint(SET_UP));
        }
        Step beforePidFile = child.add("what only the parent can do", new ProcessOp.AwaitParent(SET_UP));
        if (!hasUser()) {
            ProcessPlan.rlimits(child, Slot.NONE, Launch.at(""), launch.process());
        }
        SchedulingPlan.onEveryProcessor(child);
        SchedulingPlan.add(child, launch.process(), launch.linux());
        ProcessPlan plan = new ProcessPlan(
                launch.process(), launch.grantable(), launch.home(), launch.seccomp(), confinement, child);
        boolean hooked = !hooks().startContainer().isEmpty();
        int others = ProcessPlan.FIRST_BEYOND_STDIO + launch.options().preserveFds();
        plan.become(
                // It may wait for long, with what its creator has open.
                launch.options().end() == End.CREATED
                        ? new FileOp.CloseOthers(others, descriptors, fifo)
                        : ProcessPlan.closedAtExec(others),
                hooked);
        if (launch.options().end() == End.CREATED) {
            plan.check();
            beforePidFile = child.add("the container's start", new ProcessOp.SyncPoint(READY));
            child.add("the container's start", new ContainerOp.AwaitStart(descriptors, fifo));
        }
        if (hooked) {
            plan.filterHooks();
        }
        List<String> variables = ListenVariables.of(launch.hello());
        if (notify != null) {
            variables.add(NotifySocket.variable());
        }
        List<String> environment = plan.environment(variables);
        hooks(child, "startContainer", hooks().startContainer(), Slot.NONE, ContainerStatus.CREATED, environment);
        plan.exec(environment);
        return beforePidFile;
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
        configuration();
        for (Program later : List.of(outsideLater, whileMounting, whenMounted)) {
            for (Step outside : later.steps()) {
                inScope.add(outside);
            }
        }
        return step;
    }
}
