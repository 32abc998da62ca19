// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.lifecycle;

import dev.ipcell.runtime.cgroup.Cgroup;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.state.ContainerLookup;
import dev.ipcell.runtime.state.FoundContainer;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.linux.Signal;
import dev.ipcell.spec.ContainerStatus;
import java.io.IOException;
import java.util.List;

/** Sends a signal to a container (runtime.md, "Kill"). */
public final class ContainerKill {
    private static final int SIGKILL = 9;
    private static final int O_WRONLY = 1;

    private final Executor executor;
    private final String stateRoot;

    /** A kill by this executor. */
    public ContainerKill(Executor executor, String stateRoot) {
        this.executor = executor;
        this.stateRoot = stateRoot;
    }

    /**
     * Sends the signal and ends the call.
     *
     * @param signal by number or name
     * @param all to every process of the container, also if the first one has ended. SIGKILL always goes to all that do not end with the
     *     first one, because the container has no PID namespace of its own (pid_namespaces(7)); so it is with runc
     * @throws Failure if there is no such signal, or the container is not running
     */
    public void kill(String id, String signal, boolean all) throws Failure, PlanFailedException, IOException {
        int number = Signal.number(signal);
        if (number < 0) {
            String hint = signal.startsWith("-")
                    ? "it is written without a dash"
                    : "a number from 1 to 64 or a name such as TERM is one";
            throw new Failure("unknown signal \"" + signal + "\"; " + hint);
        }
        FoundContainer container = new ContainerLookup(executor, stateRoot, new Slots()).find(id);
        boolean toAll = all || (number == SIGKILL && container.stored().sharesProcesses());
        if (container.isStopped() && !toAll) {
            // Engines know the one text or the other.
            throw new Failure("container not running: no such process: \"" + id + "\"");
        }
        Program program = new Program();
        if (toAll) {
            everyone(program, container, number);
        } else {
            program.add("kill " + Signal.name(number), new ProcessOp.Kill(container.process(), number, 0));
        }
        if (number == SIGKILL && container.status() == ContainerStatus.PAUSED) {
            // With version 1 of cgroups what stands still cannot die.
            Removal.thaw(program, container.stored());
        }
        program.add("the end", new ProcessOp.Exit(0));
        executor.finish(program);
    }

    private void everyone(Program program, FoundContainer container, int signal)
            throws Failure, PlanFailedException, IOException {
        List<Cgroup> cgroups = container.stored().cgroups();
        if (cgroups.isEmpty()) {
            // Without cgroups the first process is all that is known.
            program.add(Step.optional("kill --all", new ProcessOp.Kill(container.process(), signal, 0)));
            return;
        }
        if (signal == SIGKILL) {
            // In version 2 of cgroups the kernel itself reaches all below, also who forks meanwhile.
            for (Cgroup cgroup : cgroups) {
                if (cgroup.unified()) {
                    String file = cgroup.directory() + "/cgroup.kill";
                    FileOp kill = new FileOp.WriteFile(Slot.CWD, file, O_WRONLY, 0, 0, new byte[] {'1'});
                    program.add(Step.optional("kill --all", kill));
                }
            }
        }
        for (String directory : CgroupTree.of(executor, "kill --all", cgroups.getLast())) {
            program.add("kill --all " + Signal.name(signal), new ContainerOp.SignalCgroup(Slot.CWD, directory, signal));
        }
    }
}
