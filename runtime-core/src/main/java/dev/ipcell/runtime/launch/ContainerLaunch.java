// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.launch.LaunchOptions.End;
import dev.ipcell.runtime.notify.NotifyRelay;
import dev.ipcell.runtime.notify.NotifySocket;
import dev.ipcell.runtime.notify.RelayThread;
import dev.ipcell.runtime.scope.Systemd;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.ChildFacts;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.Fault;
import dev.ipcell.shim.Op;
import dev.ipcell.shim.PathOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.PlanFailure;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.linux.Errno;
import dev.ipcell.spec.Problem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Launches a container, for {@code run} and {@code create}. */
public final class ContainerLaunch {
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
            ended = exec(conversation, launch, plan, LaunchEnd.exec(launch, plan, child), relay == null);
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
            conversation.finish(LaunchEnd.last(launch, plan, relaying != null));
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
            if (memory != null) {
                memory.mistook(executor.hello(), options.bundle());
            }
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
        boolean makes = op instanceof PathOp.MakeDir made && made.path().equals(launch.stateDirectory());
        boolean opens =
                op instanceof DescriptorOp.OpenFd opened && opened.path().equals(launch.stateDirectory());
        boolean locks = op instanceof DescriptorOp.Lock;
        if ((makes || locks) && failure.errno() == Errno.EEXIST) {
            return new Failure("container with given ID already exists: \"" + options.id() + "\" in "
                    + options.stateRoot() + "; choose another, or delete it first");
        }
        return (opens || locks) && failure.errno() == Errno.ENOENT
                ? new Failure("container \"" + options.id() + "\" was deleted by another call while it was being made")
                : null;
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
                conversation.finish(exec, LaunchEnd.last(launch, plan, false));
            } else {
                conversation.run(exec);
            }
        } catch (PlanFailedException failed) {
            if (LaunchEnd.isAfterPidFile(plan, exec, failed.failure().step())) {
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
            program.add("--pid-file", new PathOp.RemoveFile(Slot.CWD, options.pidFile()));
            conversation.run(program);
        }
    }

    /** With a trace the planner stays until the end, because only it can write the trace down. */
    private void traced(Conversation conversation, Launch launch, LaunchPlan plan)
            throws PlanFailedException, IOException {
        if (options.isForeground()) {
            Program program = new Program();
            LaunchEnd.supervise(program, launch, plan);
            LaunchEnd.settle(program, launch);
            conversation.run(program);
        }
        Program last = new Program();
        TraceFile.write(
                last,
                Objects.requireNonNull(options.traceFile()),
                conversation.hello().pid(),
                conversation.timings());
        if (options.isForeground()) {
            last.add(LaunchEnd.THE_END, new ProcessOp.ExitAs(plan.process()));
        } else {
            last.add("the container stays", new ProcessOp.Commit());
            last.add(LaunchEnd.THE_END, new ProcessOp.Exit(0));
        }
        conversation.finish(last);
    }

    /**
     * The plan as it would be carried out, for showing: nothing is changed.
     *
     * @param memory of other calls; null if there is none
     */
    public static List<PlanListing.Part> plan(Executor executor, LaunchOptions options, @Nullable PlannerMemory memory)
            throws Failure, PlanFailedException, IOException {
        Conversation conversation = new Conversation(executor, false, Fault.NONE);
        conversation.onlyLook();
        Launch launch = new Launcher(conversation, null, memory).inspect(options);
        LaunchPlan plan = LaunchPlan.of(launch);
        List<PlanListing.Part> parts = new ArrayList<>();
        parts.add(new PlanListing.Part("start", plan.start()));
        if (launch.scope() != null) {
            parts.add(new PlanListing.Part(ScopeStart.title(launch.scope()), plan.inScope()));
        }
        parts.add(new PlanListing.Part("exec", LaunchEnd.exec(launch, plan, new ChildFacts(0, 0))));
        parts.add(new PlanListing.Part("until the end", LaunchEnd.last(launch, plan, false)));
        return parts;
    }
}
