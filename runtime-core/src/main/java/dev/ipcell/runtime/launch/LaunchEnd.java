// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.failure.Timestamp;
import dev.ipcell.runtime.launch.LaunchOptions.End;
import dev.ipcell.runtime.state.StoredContainer;
import dev.ipcell.runtime.state.StoredScope;
import dev.ipcell.shim.ChildFacts;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.ContainerStatus;
import dev.ipcell.spec.JsonWriter;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.State;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The programs of a launch that come when the child is on its way: what lets it become the container's process, and what is left to do. */
final class LaunchEnd {
    private static final int STATE_MODE = 0600;
    private static final int PID_FILE_MODE = 0644;
    /** Only root launches containers. */
    private static final String OWNER = "root";

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
            pidFile(exec, options.pidFile(), launch.hello().pid(), child);
        }
        if (options.end() != End.CREATED) {
            plan.exec(exec, child);
            plan.unlock(exec);
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
        FileOp.WriteFileAtomic write = new FileOp.WriteFileAtomic(
                Slot.CWD,
                file,
                StoredContainer.unfinished(file),
                STATE_MODE,
                utf8(JsonWriter.compact(stored.toJson())));
        program.add("the container's state", write, write.removal(), new FileOp.RemoveFile(Slot.CWD, file));
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
