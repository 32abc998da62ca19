// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.failure.Timestamp;
import dev.ipcell.runtime.launch.LaunchOptions.End;
import dev.ipcell.runtime.notify.NotifyRelay;
import dev.ipcell.runtime.notify.NotifySocket;
import dev.ipcell.runtime.notify.RelayThread;
import dev.ipcell.runtime.scope.Systemd;
import dev.ipcell.runtime.state.StoredContainer;
import dev.ipcell.runtime.state.StoredScope;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.ChildFacts;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.Fault;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Op;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.PlanFailure;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.linux.Errno;
import dev.ipcell.spec.ContainerStatus;
import dev.ipcell.spec.JsonWriter;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.State;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Launches a container, for {@code run} and {@code create}. */
public final class ContainerLaunch {
    private static final int STATE_MODE = 0600;
    private static final int PID_FILE_MODE = 0644;
    /** Only root launches containers. */
    private static final String OWNER = "root";

    private static final String THE_END = "the end";
    private static final String RELAY = "NOTIFY_SOCKET";

    /** It only has to pass on what is there. */
    private static final int RELAY_WAIT_MILLIS = 1000;

    private final Executor executor;
    private final LaunchOptions options;
    private final @Nullable PlannerMemory memory;

    /**
     * A launch by this executor.
     *
     * @param memory of other calls; null if there is none
     */
    public ContainerLaunch(Executor executor, LaunchOptions options, @Nullable PlannerMemory memory) {
        this.executor = executor;
        this.options = options;
        this.memory = memory;
    }

    /**
     * Launches the container; afterwards the executor has ended or goes on alone.
     *
     * @throws Failure if the configuration is refused
     * @throws PlanFailedException if an operation failed; everything is undone
     * @throws IOException if the executor went away
     */
    public void run() throws Failure, PlanFailedException, IOException {
        if (executor.hello().caller().euid() != 0) {
            throw new Failure("a container needs root to be launched; ipcell plan shows without what would be done");
        }
        NotifySocket manager = NotifySocket.of(executor.hello());
        NotifyRelay relay =
                manager == null || options.end() == End.CREATED ? null : NotifyRelay.begin(executor.hello(), manager);
        if (!options.cgroups().isSystemd()) {
            run(relay, null);
            return;
        }
        try (Systemd systemd = Systemd.connect(executor.hello(), options.cgroups() == CgroupDriver.SYSTEMD_USER)) {
            run(relay, systemd);
        }
    }

    private void run(@Nullable NotifyRelay relay, @Nullable Systemd systemd)
            throws Failure, PlanFailedException, IOException {
        Conversation conversation = new Conversation(executor, options.traceFile() != null, options.fault());
        if (options.traceFile() != null) {
            TraceFile.check(conversation, options.traceFile());
        }
        Launch launch = new Launcher(conversation, systemd, memory).inspect(options);
        LaunchPlan plan = LaunchPlan.of(launch);
        ChildFacts child = start(conversation, launch, plan, systemd);
        boolean ended;
        try {
            if (relay != null) {
                Readiness.listen(conversation, launch, relay);
            }
            ended = exec(conversation, launch, plan, exec(launch, plan, child), relay == null);
        } catch (PlanFailedException failed) {
            ScopeStart.giveUp(launch, systemd);
            throw failed;
        }
        if (!ended) {
            end(conversation, launch, plan, child, relay);
        }
    }

    /** The end of a launch after which the planner has something to do. */
    private void end(
            Conversation conversation, Launch launch, LaunchPlan plan, ChildFacts child, @Nullable NotifyRelay relay)
            throws Failure, PlanFailedException, IOException {
        if (relay != null && !options.isForeground()) {
            Readiness.await(conversation, options, child, relay);
        }
        RelayThread relaying = relay == null || !options.isForeground()
                ? null
                : new RelayThread(relay, child, executor.hello().pid());
        if (relaying != null) {
            relaying.start();
        }
        if (options.traceFile() == null) {
            conversation.finish(last(launch, plan, relaying != null));
        } else {
            traced(conversation, launch, plan);
        }
        if (relaying != null) {
            relaying.await();
        }
    }

    static void unwind(Conversation conversation) throws PlanFailedException, IOException {
        Program back = new Program();
        back.add("clean-up", new ProcessOp.Unwind());
        conversation.run(back);
    }

    private ChildFacts start(Conversation conversation, Launch launch, LaunchPlan plan, @Nullable Systemd systemd)
            throws Failure, PlanFailedException, IOException {
        try {
            BatchResult result = conversation.run(plan.start());
            ChildFacts child = ChildFacts.decode(result.value(plan.cloneStep()));
            if (systemd != null) {
                result = ScopeStart.start(conversation, launch, plan, systemd, child.pid());
            }
            List<Problem> problems = launch.resources().failures(result);
            if (!problems.isEmpty()) {
                unwind(conversation);
                ScopeStart.giveUp(launch, systemd);
                throw new Failure(1, Launcher.lines(problems));
            }
            return child;
        } catch (PlanFailedException failed) {
            Failure other = otherCall(launch, failed.failure());
            if (other != null) {
                throw other;
            }
            throw failed;
        }
    }

    /** What another call on the same ID has done, if that is why this one fails. */
    private @Nullable Failure otherCall(Launch launch, PlanFailure failure) {
        Op op = failure.step() == null ? null : failure.step().op();
        boolean makes = op instanceof FileOp.MakeDir made && made.path().equals(launch.stateDirectory());
        boolean opens = op instanceof FileOp.OpenFd opened && opened.path().equals(launch.stateDirectory());
        boolean locks = op instanceof FileOp.Lock;
        if ((makes || locks) && failure.errno() == Errno.EEXIST) {
            return new Failure("container with given ID already exists: \"" + options.id() + "\" in "
                    + options.stateRoot() + "; choose another, or delete it first");
        }
        return (opens || locks) && failure.errno() == Errno.ENOENT
                ? new Failure("container \"" + options.id() + "\" was deleted by another call while it was being made")
                : null;
    }

    /** The second batch: from the child being made to the launch's end. */
    private static Program exec(Launch launch, LaunchPlan plan, ChildFacts child) {
        LaunchOptions options = launch.options();
        Program exec = new Program();
        if (options.end() != End.CREATED) {
            state(exec, launch, child);
        }
        plan.awaitSetUp(exec);
        if (options.end() == End.CREATED) {
            plan.ready(exec, child);
            // Last of all: a container that is still being created is not to be found, so nobody can send it a signal.
            state(exec, launch, child);
        }
        handOver(exec, options, plan);
        if (options.pidFile() != null) {
            exec.add(
                    "--pid-file",
                    new FileOp.WriteFileAtomic(
                            Slot.CWD, options.pidFile(), PID_FILE_MODE, utf8(Integer.toString(child.pid()))));
        }
        if (options.end() != End.CREATED) {
            plan.exec(exec, child);
            plan.unlock(exec);
        }
        return exec;
    }

    /** Descriptors that others asked for. */
    private static void handOver(Program program, LaunchOptions options, LaunchPlan plan) {
        if (options.consoleSocket() != null) {
            program.add(
                    "--console-socket",
                    new ContainerOp.SendSocket(plan.terminal(), Slot.CWD, options.consoleSocket(), "/dev/ptmx"));
        }
        if (options.pidfdSocket() != null) {
            program.add(
                    "--pidfd-socket",
                    new ContainerOp.SendSocket(plan.process(), Slot.CWD, options.pidfdSocket(), "pidfd"));
        }
    }

    /**
     * The pid file is there before the container runs and outlives it, as with runc; but not if the container never ran.
     *
     * @param last whether the planner may go then
     * @return whether it has gone
     */
    private boolean exec(Conversation conversation, Launch launch, LaunchPlan plan, Program exec, boolean last)
            throws PlanFailedException, IOException {
        boolean ends = last && options.traceFile() == null;
        try {
            if (ends) {
                conversation.finish(exec, last(launch, plan, false));
            } else {
                conversation.run(exec);
            }
        } catch (PlanFailedException failed) {
            if (isAfterPidFile(plan, exec, failed.failure().step())) {
                removePidFile(conversation, options);
            }
            throw failed;
        }
        return ends;
    }

    static void removePidFile(Conversation conversation, LaunchOptions options)
            throws PlanFailedException, IOException {
        if (options.pidFile() != null) {
            Program program = new Program();
            program.add("--pid-file", new FileOp.RemoveFile(Slot.CWD, options.pidFile()));
            conversation.run(program);
        }
    }

    /** Whether the pid file was written when this step failed; before that, one that is there is not ours. */
    private static boolean isAfterPidFile(LaunchPlan plan, Program exec, @Nullable Step failed) {
        List<Step> steps = exec.steps();
        int index = steps.indexOf(failed);
        for (int i = 0; i < steps.size() && i <= index; i++) {
            if (steps.get(i).origin().equals("--pid-file")) {
                return i < index;
            }
        }
        return index < 0 && !plan.isBeforePidFile(failed);
    }

    /**
     * The last batch: the planner may go.
     *
     * @param relays the planner does not go yet, and not before it has passed on what the container says at its end
     */
    private static Program last(Launch launch, LaunchPlan plan, boolean relays) {
        Program last = new Program();
        if (launch.options().isForeground()) {
            Slot relay = launch.slots().open("relay");
            if (relays) {
                int pid = (int) ProcessHandle.current().pid();
                last.add(Step.optional(RELAY, new ContainerOp.OpenProcess(relay, pid, 0)));
            }
            supervise(last, launch, plan);
            if (relays) {
                last.add(Step.optional(RELAY, new ProcessOp.Kill(relay, 0, RELAY_WAIT_MILLIS)));
            }
            last.add(THE_END, new ProcessOp.ExitAs(plan.process()));
        } else {
            last.add("the container stays", new ProcessOp.Commit());
            last.add(THE_END, new ProcessOp.Exit(0));
        }
        return last;
    }

    private static void supervise(Program program, Launch launch, LaunchPlan plan) {
        launch.netDevices().leave(program);
        Slot terminal = launch.options().consoleSocket() == null ? plan.terminal() : Slot.NONE;
        program.add(
                "the container's process",
                new ProcessOp.Supervise(plan.process(), ProcessOp.Supervise.FORWARD_SIGNALS, terminal));
        if (launch.options().keep()) {
            program.add("--keep", new ProcessOp.Commit());
        } else {
            program.add("clean-up", new ProcessOp.Unwind());
        }
    }

    /** With a trace the planner stays until the end, because only it can write the trace down. */
    private void traced(Conversation conversation, Launch launch, LaunchPlan plan)
            throws PlanFailedException, IOException {
        if (options.isForeground()) {
            Program program = new Program();
            supervise(program, launch, plan);
            conversation.run(program);
        }
        Program last = new Program();
        TraceFile.write(last, Objects.requireNonNull(options.traceFile()), conversation.timings());
        if (options.isForeground()) {
            last.add(THE_END, new ProcessOp.ExitAs(plan.process()));
        } else {
            last.add("the container stays", new ProcessOp.Commit());
            last.add(THE_END, new ProcessOp.Exit(0));
        }
        conversation.finish(last);
    }

    private static void state(Program program, Launch launch, ChildFacts child) {
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
        program.add(
                "the container's state",
                new FileOp.WriteFileAtomic(Slot.CWD, file, STATE_MODE, utf8(JsonWriter.compact(stored.toJson()))),
                new FileOp.RemoveFile(Slot.CWD, file));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The plan as it would be carried out, for showing: nothing is changed. */
    public static List<PlanListing.Part> plan(Executor executor, LaunchOptions options)
            throws Failure, PlanFailedException, IOException {
        Conversation conversation = new Conversation(executor, false, Fault.NONE);
        conversation.onlyLook();
        Launch launch = new Launcher(conversation, null, null).inspect(options);
        LaunchPlan plan = LaunchPlan.of(launch);
        List<PlanListing.Part> parts = new ArrayList<>();
        parts.add(new PlanListing.Part("start", plan.start()));
        if (launch.scope() != null) {
            parts.add(new PlanListing.Part(ScopeStart.title(launch.scope()), plan.inScope()));
        }
        parts.add(new PlanListing.Part("exec", exec(launch, plan, new ChildFacts(0, 0))));
        parts.add(new PlanListing.Part("until the end", last(launch, plan, false)));
        return parts;
    }
}
