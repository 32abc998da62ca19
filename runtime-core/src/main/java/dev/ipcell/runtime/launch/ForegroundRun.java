// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.failure.Timestamp;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.Fault;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Op;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.linux.Errno;
import dev.ipcell.spec.ContainerStatus;
import dev.ipcell.spec.JsonWriter;
import dev.ipcell.spec.State;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Runs a container in the foreground: launch, supervise, clean up, exit with its status. */
public final class ForegroundRun {
    private static final int STATE_MODE = 0600;
    private static final int PID_FILE_MODE = 0644;

    private final Executor executor;
    private final Options options;

    /**
     * What the caller chose.
     *
     * @param bundle directory with the configuration
     * @param id the container's
     * @param stateRoot directory that holds the state of containers
     * @param pidFile takes the container's pid, or null
     * @param traceFile takes the timings as Chrome trace events, or null
     * @param fault a failure made on purpose, for tests
     */
    public record Options(
            String bundle,
            String id,
            String stateRoot,
            @Nullable String pidFile,
            @Nullable String traceFile,
            Fault fault) {}

    /** A run on this executor. */
    public ForegroundRun(Executor executor, Options options) {
        this.executor = executor;
        this.options = options;
    }

    /**
     * Runs the container; afterwards the executor has ended or goes on alone.
     *
     * @throws Failure if the configuration is refused
     * @throws PlanFailedException if an operation failed; everything is undone
     * @throws IOException if the executor went away
     */
    public void run() throws Failure, PlanFailedException, IOException {
        executor.seal();
        boolean traced = options.traceFile() != null;
        Conversation conversation = new Conversation(executor, traced, options.fault());
        Launch launch = new Launcher(conversation).inspect(options.bundle(), options.id(), options.stateRoot());
        LaunchPlan plan = LaunchPlan.of(launch);
        int pid = start(conversation, launch, plan);

        Program exec = new Program();
        state(exec, launch, pid);
        if (options.pidFile() != null) {
            exec.add(
                    "--pid-file",
                    new FileOp.WriteFileAtomic(
                            Slot.CWD, options.pidFile(), PID_FILE_MODE, ascii(Integer.toString(pid))));
        }
        signalsGoToTheContainer(exec);
        plan.exec(exec);
        exec(conversation, exec);
        if (traced) {
            traced(conversation, plan);
        } else {
            Program last = new Program();
            supervise(last, plan);
            last.add("the end", new ProcessOp.ExitAs(plan.process()));
            conversation.finish(last);
        }
    }

    private static void signalsGoToTheContainer(Program program) {
        program.add("signals go to the container", new ProcessOp.HoldSignals());
    }

    /** The pid file is there before the container runs and outlives it, as with runc; but not if the container never ran. */
    private void exec(Conversation conversation, Program exec) throws PlanFailedException, IOException {
        try {
            conversation.run(exec);
        } catch (PlanFailedException failed) {
            if (options.pidFile() != null) {
                Program program = new Program();
                program.add("--pid-file", new FileOp.RemoveFile(Slot.CWD, options.pidFile()));
                conversation.run(program);
            }
            throw failed;
        }
    }

    private int start(Conversation conversation, Launch launch, LaunchPlan plan)
            throws Failure, PlanFailedException, IOException {
        try {
            BatchResult result = conversation.run(plan.start());
            return result.number(plan.cloneStep());
        } catch (PlanFailedException failed) {
            Op op = failed.failure().step() == null
                    ? null
                    : failed.failure().step().op();
            if (op instanceof FileOp.MakeDir made
                    && made.path().equals(launch.stateDirectory())
                    && failed.failure().errno() == Errno.EEXIST) {
                throw new Failure("container with given ID already exists: \"" + options.id() + "\" in "
                        + options.stateRoot() + "; choose another, or delete it first");
            }
            throw failed;
        }
    }

    /** With a trace the planner stays until the end, because only it can write the trace down. */
    private void traced(Conversation conversation, LaunchPlan plan) throws PlanFailedException, IOException {
        Program program = new Program();
        supervise(program, plan);
        conversation.run(program);
        Program last = new Program();
        String trace = TraceFile.render(conversation.timings());
        String path = Objects.requireNonNull(options.traceFile());
        last.add("--trace", new FileOp.WriteFileAtomic(Slot.CWD, path, PID_FILE_MODE, ascii(trace)));
        last.add("the end", new ProcessOp.ExitAs(plan.process()));
        conversation.finish(last);
    }

    private static void supervise(Program program, LaunchPlan plan) {
        program.add(
                "the container's process",
                new ProcessOp.Supervise(plan.process(), ProcessOp.Supervise.FORWARD_SIGNALS, plan.terminal()));
        program.add("clean-up", new ProcessOp.Unwind());
    }

    private static void state(Program program, Launch launch, int pid) {
        State state = new State(
                launch.spec().ociVersion(),
                launch.id(),
                pid,
                ContainerStatus.RUNNING,
                launch.bundle().directory(),
                launch.rootfsPath(),
                Timestamp.now(),
                launch.spec().annotations(),
                "");
        String file = launch.stateDirectory() + "/state.json";
        program.add(
                "the container's state",
                new FileOp.WriteFileAtomic(Slot.CWD, file, STATE_MODE, ascii(JsonWriter.compact(state.toJson()))),
                new FileOp.RemoveFile(Slot.CWD, file));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The plan as it would be carried out, for showing: nothing is changed. */
    public static List<PlanListing.Part> plan(Executor executor, String bundle, String id, String stateRoot)
            throws Failure, PlanFailedException, IOException {
        Conversation conversation = new Conversation(executor, false, Fault.NONE);
        Launch launch = new Launcher(conversation).inspect(bundle, id, stateRoot);
        LaunchPlan plan = LaunchPlan.of(launch);
        Program exec = new Program();
        state(exec, launch, 0);
        signalsGoToTheContainer(exec);
        plan.exec(exec);
        Program last = new Program();
        supervise(last, plan);
        last.add("the end", new ProcessOp.ExitAs(plan.process()));
        return List.of(
                new PlanListing.Part("start", plan.start()),
                new PlanListing.Part("exec", exec),
                new PlanListing.Part("until the end", last));
    }
}
