// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.lifecycle;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.launch.HookPlan;
import dev.ipcell.runtime.notify.NotifyRelay;
import dev.ipcell.runtime.notify.NotifySocket;
import dev.ipcell.runtime.state.ContainerLookup;
import dev.ipcell.runtime.state.FoundContainer;
import dev.ipcell.runtime.state.StoredContainer;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.ChildFacts;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.Fault;
import dev.ipcell.shim.PathOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slots;
import dev.ipcell.spec.ContainerStatus;
import dev.ipcell.spec.InvalidSpecException;
import java.io.IOException;
import java.nio.file.Path;
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
        NotifySocket manager = NotifySocket.of(executor.hello());
        NotifyRelay relay = manager == null ? null : listen(container, manager);
        Program program = new Program();
        program.add(
                "the container's start",
                new ContainerOp.Start(container.lock(), StoredContainer.FIFO, container.process()));
        List<ContainerOp.RunHook> hooks = hooks(container);
        if (hooks.isEmpty() && relay == null) {
            finish(program);
            return;
        }
        executor.run(new Batch(program, false, false, fault));
        if (relay == null) {
            poststart(container, hooks, true);
        } else {
            poststart(container, hooks, false);
            awaitReady(container, relay);
            executor.finish(theEnd());
        }
    }

    private void finish(Program program) throws PlanFailedException, IOException {
        executor.runAndFinish(new Batch(program, false, false, fault), Batch.last(theEnd()));
    }

    private static Program theEnd() {
        Program last = new Program();
        last.add("the end", new ProcessOp.Exit(0));
        return last;
    }

    /** Before the container can say anything; the socket goes when the call ends. */
    private NotifyRelay listen(FoundContainer container, NotifySocket manager)
            throws Failure, PlanFailedException, IOException {
        if (!container.stored().notifies()) {
            throw new Failure(
                    "NOTIFY_SOCKET (" + manager.name() + "): the container was created without it, so it cannot"
                            + " tell that it is ready; create it with NOTIFY_SOCKET, or start it without");
        }
        NotifyRelay relay = NotifyRelay.begin(executor.hello(), manager);
        PathOp.RemoveFile socket =
                new PathOp.RemoveFile(container.lock(), NotifySocket.DIRECTORY + "/" + NotifySocket.FILE);
        Program program = new Program();
        program.add("the guardian", new ProcessOp.Guard());
        program.add("NOTIFY_SOCKET", socket, socket);
        executor.run(new Batch(program, false, false, fault));
        try {
            Path directory = Path.of(executor.hello().cwd()).resolve(container.directory());
            relay.listen(directory.resolve(NotifySocket.DIRECTORY));
        } catch (Failure failure) {
            unwind();
            throw failure;
        }
        return relay;
    }

    /** The container can be reached by other calls meanwhile. */
    private void awaitReady(FoundContainer container, NotifyRelay relay)
            throws Failure, PlanFailedException, IOException {
        Program program = new Program();
        program.add("the container's state", new DescriptorOp.Lock(container.lock(), DescriptorOp.Lock.UNLOCK, 0));
        executor.run(new Batch(program, false, false, fault));
        int pid = container.stored().state().pid();
        ChildFacts process = new ChildFacts(pid, container.stored().startTime());
        try {
            if (relay.awaitReady(process)) {
                relay.tell(pid);
                relay.barrier(process);
            }
            relay.close();
        } finally {
            unwind();
        }
    }

    private void unwind() throws PlanFailedException, IOException {
        Program program = new Program();
        program.add("clean-up", new ProcessOp.Unwind());
        executor.run(Batch.of(program));
    }

    /** A hook that fails ends the container (runtime-spec 1.3: the failure is an error). */
    private void poststart(FoundContainer container, List<ContainerOp.RunHook> hooks, boolean last)
            throws PlanFailedException, IOException {
        Program program = new Program();
        for (int i = 0; i < hooks.size(); i++) {
            program.add("config.json /hooks/poststart/" + i, hooks.get(i));
        }
        try {
            if (last) {
                finish(program);
            } else {
                executor.run(new Batch(program, false, false, fault));
            }
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
