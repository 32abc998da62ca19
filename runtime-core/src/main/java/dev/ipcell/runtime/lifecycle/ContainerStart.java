// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.lifecycle;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.launch.HookPlan;
import dev.ipcell.runtime.state.ContainerLookup;
import dev.ipcell.runtime.state.FoundContainer;
import dev.ipcell.runtime.state.StoredContainer;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.Fault;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slots;
import dev.ipcell.spec.ContainerStatus;
import dev.ipcell.spec.InvalidSpecException;
import java.io.IOException;
import java.util.List;

/** Starts a created container: its process goes on to execute the configured program (runtime.md, "Start"). */
public final class ContainerStart {
    private static final int SIGKILL = 9;
    private static final int KILL_WAIT_MILLIS = 10_000;

    private final Executor executor;
    private final String stateRoot;
    private final Fault fault;

    /** A start by this executor. */
    public ContainerStart(Executor executor, String stateRoot, Fault fault) {
        this.executor = executor;
        this.stateRoot = stateRoot;
        this.fault = fault;
    }

    /**
     * Starts a container and ends the call.
     *
     * @throws Failure if it is not in the state for that
     * @throws PlanFailedException if its program cannot be executed, or a hook failed
     */
    public void start(String id) throws Failure, PlanFailedException, IOException {
        FoundContainer container = new ContainerLookup(executor, stateRoot, new Slots()).lock(id);
        if (container.isStopped()) {
            throw new Failure("cannot start a container that has stopped: \"" + id + "\"");
        }
        if (container.status() == ContainerStatus.PAUSED) {
            throw new Failure("cannot start a container in the paused state: \"" + id + "\"; resume it first");
        }
        if (container.status() != ContainerStatus.CREATED) {
            throw new Failure("cannot start an already running container: \"" + id + "\"");
        }
        Program program = new Program();
        program.add(
                "the container's start",
                new ContainerOp.Start(container.lock(), StoredContainer.FIFO, container.process()));
        List<ContainerOp.RunHook> hooks = hooks(container);
        if (hooks.isEmpty()) {
            finish(program);
        } else {
            executor.run(new Batch(program, false, false, fault));
            poststart(container, hooks);
        }
    }

    private void finish(Program program) throws PlanFailedException, IOException {
        Program last = new Program();
        last.add("the end", new ProcessOp.Exit(0));
        executor.runAndFinish(new Batch(program, false, false, fault), Batch.last(last));
    }

    /** A hook that fails ends the container (runtime-spec 1.3: the failure is an error). */
    private void poststart(FoundContainer container, List<ContainerOp.RunHook> hooks)
            throws PlanFailedException, IOException {
        Program program = new Program();
        for (int i = 0; i < hooks.size(); i++) {
            program.add("config.json /hooks/poststart/" + i, hooks.get(i));
        }
        try {
            finish(program);
        } catch (PlanFailedException failed) {
            Program kill = new Program();
            kill.add("clean-up", new ProcessOp.Kill(container.process(), SIGKILL, KILL_WAIT_MILLIS));
            executor.run(Batch.of(kill));
            throw failed;
        }
    }

    private static List<ContainerOp.RunHook> hooks(FoundContainer container) throws Failure {
        try {
            return HookPlan.of(
                    container.stored().readHooks().poststart(),
                    container.process(),
                    container.stored().state(),
                    ContainerStatus.RUNNING,
                    List.of());
        } catch (InvalidSpecException damaged) {
            throw new Failure("the container's state is damaged: " + damaged.getMessage());
        }
    }
}
