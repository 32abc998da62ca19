// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.lifecycle;

import dev.ipcell.runtime.cgroup.ContainerCgroups;
import dev.ipcell.runtime.cgroup.Freezer;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.state.ContainerLookup;
import dev.ipcell.runtime.state.FoundContainer;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slots;
import dev.ipcell.spec.ContainerStatus;
import java.io.IOException;

/** Makes a container stand still, and lets it go on. */
public final class ContainerPause {
    private final Executor executor;
    private final String stateRoot;

    /** Pauses and resumes by this executor. */
    public ContainerPause(Executor executor, String stateRoot) {
        this.executor = executor;
        this.stateRoot = stateRoot;
    }

    /**
     * Pauses a container and ends the call.
     *
     * @throws Failure if it is not running
     * @throws PlanFailedException if it does not stand still in time; then it goes on
     */
    public void pause(String id) throws Failure, PlanFailedException, IOException {
        FoundContainer container = new ContainerLookup(executor, stateRoot, new Slots()).lock(id);
        if (container.status() != ContainerStatus.RUNNING && container.status() != ContainerStatus.CREATED) {
            throw new Failure("container not running: \"" + id + "\" is "
                    + container.status().wire());
        }
        Program program = new Program();
        freezer(container).pause(program, "pause");
        program.add("pause", new ProcessOp.Commit());
        end(program);
    }

    /**
     * Resumes a container and ends the call.
     *
     * @throws Failure if it is not paused
     */
    public void resume(String id) throws Failure, PlanFailedException, IOException {
        FoundContainer container = new ContainerLookup(executor, stateRoot, new Slots()).lock(id);
        if (container.status() != ContainerStatus.PAUSED) {
            throw new Failure("container not paused: \"" + id + "\" is "
                    + container.status().wire());
        }
        Program program = new Program();
        freezer(container).resume(program, "resume");
        end(program);
    }

    private static Freezer freezer(FoundContainer container) throws Failure {
        ContainerCgroups cgroups = new ContainerCgroups(container.stored().cgroups());
        Freezer freezer = Freezer.of(cgroups.layout(), cgroups);
        if (freezer == null) {
            throw new Failure("the container is in no cgroup that can freeze; is a cgroup file system mounted?");
        }
        return freezer;
    }

    private void end(Program program) throws PlanFailedException, IOException {
        executor.run(Batch.of(program));
        Program last = new Program();
        last.add("the end", new ProcessOp.Exit(0));
        executor.finish(last);
    }
}
