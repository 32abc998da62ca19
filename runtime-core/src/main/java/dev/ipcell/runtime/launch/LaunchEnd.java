// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.launch.LaunchOptions.End;
import dev.ipcell.shim.ChildFacts;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The programs of a launch that come when the child is on its way: what lets it become the container's process, and what is left to do. */
final class LaunchEnd {
    private static final int PID_FILE_MODE = 0644;
    static final String THE_END = "the end";
    private static final String RELAY = "NOTIFY_SOCKET";

    /** It only has to pass on what is there. */
    private static final int RELAY_WAIT_MILLIS = 1000;

    private LaunchEnd() {}

    /** The second batch: from the child being made to the launch's end. */
    static Program exec(Launch launch, LaunchPlan plan, ChildFacts child) {
        LaunchOptions options = launch.options();
        Program exec = new Program();
        if (options.end() != End.CREATED) {
            plan.state().container(exec, child);
        }
        plan.release().awaitSetUp(exec);
        if (options.end() == End.CREATED) {
            plan.release().ready(exec, child);
            // Last of all: a container that is still being created is not to be found, so nobody can send it a signal.
            plan.state().container(exec, child);
        }
        handOver(exec, options, plan);
        if (options.pidFile() != null) {
            pidFile(exec, options.pidFile(), launch.hello().pid(), child);
        }
        if (options.end() != End.CREATED) {
            plan.release().exec(exec, child);
            plan.state().unlock(exec, plan.process());
        }
        return exec;
    }

    static void pidFile(Program program, String path, int caller, ChildFacts child) {
        String temporary = FileOp.WriteFileAtomic.temporary(path, caller);
        FileOp.WriteFileAtomic write = new FileOp.WriteFileAtomic(
                Slot.CWD, path, temporary, PID_FILE_MODE, utf8(Integer.toString(child.pid())));
        program.add("--pid-file", write, write.removal());
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
     * The last batch: the planner may go.
     *
     * @param relays the planner does not go yet, and not before it has passed on what the container says at its end
     */
    static Program last(Launch launch, LaunchPlan plan, boolean relays) {
        Program last = new Program();
        if (launch.options().isForeground()) {
            Slot relay = launch.slots().open("relay");
            if (relays) {
                int pid = (int) ProcessHandle.current().pid();
                last.add(Step.optional(RELAY, new ContainerOp.OpenProcess(relay, pid, 0)));
            }
            supervise(last, launch, plan);
            Step relayed = Step.optional(RELAY, new ProcessOp.Kill(relay, 0, RELAY_WAIT_MILLIS));
            if (relays && launch.options().keep()) {
                last.add(relayed); // What makes the container stay ends the planner too.
            }
            settle(last, launch);
            if (relays && !launch.options().keep()) {
                last.add(relayed);
            }
            last.add(THE_END, new ProcessOp.ExitAs(plan.process()));
        } else {
            last.add("the container stays", new ProcessOp.Commit());
            last.add(THE_END, new ProcessOp.Exit(0));
        }
        return last;
    }

    static void supervise(Program program, Launch launch, LaunchPlan plan) {
        launch.netDevices().leave(program);
        Slot terminal = launch.options().consoleSocket() == null ? plan.terminal() : Slot.NONE;
        program.add(
                "the container's process",
                new ProcessOp.Supervise(plan.process(), ProcessOp.Supervise.FORWARD_SIGNALS, terminal));
    }

    static void settle(Program program, Launch launch) {
        if (launch.options().keep()) {
            program.add("--keep", new ProcessOp.Commit());
        } else {
            program.add("clean-up", new ProcessOp.Unwind());
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Whether the pid file was written when this step failed; before that, one that is there is not ours. */
    static boolean isAfterPidFile(LaunchPlan plan, Program exec, @Nullable Step failed) {
        List<Step> steps = exec.steps();
        int index = steps.indexOf(failed);
        for (int i = 0; i < steps.size() && i <= index; i++) {
            if (steps.get(i).origin().equals("--pid-file")) {
                return i < index;
            }
        }
        return index < 0 && !plan.isBeforePidFile(failed);
    }
}
