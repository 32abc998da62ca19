// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.lifecycle;

import dev.ipcell.runtime.cgroup.Cgroup;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.failure.Log;
import dev.ipcell.runtime.launch.HookPlan;
import dev.ipcell.runtime.notify.NotifySocket;
import dev.ipcell.runtime.scope.Systemd;
import dev.ipcell.runtime.state.ContainerLookup;
import dev.ipcell.runtime.state.DamagedStateFailure;
import dev.ipcell.runtime.state.FoundContainer;
import dev.ipcell.runtime.state.StoredScope;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.Fault;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.spec.ContainerStatus;
import dev.ipcell.spec.InvalidSpecException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes away what is left of a container (runtime.md, "Delete"). */
public final class ContainerDelete {
    private static final int SIGKILL = 9;
    private static final int KILL_WAIT_MILLIS = 10_000;

    private final Executor executor;
    private final String stateRoot;
    private final Fault fault;
    private final Slots slots = new Slots();

    /** A deletion by this executor. */
    public ContainerDelete(Executor executor, String stateRoot, Fault fault) {
        this.executor = executor;
        this.stateRoot = stateRoot;
        this.fault = fault;
    }

    /**
     * Deletes a container and ends the call.
     *
     * @param force one that runs is killed, and one that does not exist is no error
     * @throws Failure if it runs or does not exist, without {@code force}
     */
    public void delete(String id, boolean force) throws Failure, PlanFailedException, IOException {
        FoundContainer container = find(id, force);
        Program program = new Program();
        if (container == null) {
            if (!force) {
                throw new Failure("container does not exist: \"" + id + "\"");
            }
        } else {
            boolean mayDelete = container.isStopped() || container.status() == ContainerStatus.CREATED;
            if (!force && !mayDelete) {
                throw new Failure("cannot delete container " + id + " that is not stopped: "
                        + container.status().wire());
            }
            program = delete(container, stop(container));
        }
        Program last = new Program();
        last.add("the end", new ProcessOp.Exit(0));
        executor.runAndFinish(new Batch(program, false, false, fault), Batch.last(last));
    }

    /**
     * Stops its scope, if it has one. A scope without processes goes by itself, but not at once, and the name is free only then. So a
     * manager that is out of reach is no reason to keep the container; but the cgroup is, since the kernel tells the manager by a file in it.
     *
     * @return whether the cgroups may be removed
     */
    private boolean stop(FoundContainer container) throws Failure, PlanFailedException, IOException {
        StoredScope scope = container.stored().scope();
        if (scope == null) {
            return true;
        }
        Program program = new Program();
        kill(program, container);
        Removal.processes(program, container.stored());
        executor.run(new Batch(program, false, false, fault));
        try (Systemd systemd = Systemd.connect(executor.hello(), scope.user())) {
            systemd.stop(scope.unit());
            return true;
        } catch (Failure unheard) {
            byte[] text = Log.text("warning", unheard.lines()).getBytes(StandardCharsets.UTF_8);
            Program warning = new Program();
            warning.add("warnings", new FileOp.Output(2, text));
            executor.run(Batch.of(warning));
            return false;
        }
    }

    /**
     * With force, a state that makes no sense is removed all the same. One that cannot be read is not: there may be a container that
     * nobody would find again. Nor is what was not there to be locked: another call may be making it.
     */
    private @Nullable FoundContainer find(String id, boolean force) throws Failure, PlanFailedException, IOException {
        ContainerLookup lookup = new ContainerLookup(executor, stateRoot, slots);
        FoundContainer found = null;
        try {
            found = lookup.lockIfThere(id);
        } catch (DamagedStateFailure damaged) {
            if (!force) {
                throw damaged;
            }
        }
        Slot locked = lookup.locked();
        if (found == null && force && locked != null) {
            removeState(locked, stateRoot + "/" + id);
        }
        return found;
    }

    private void removeState(Slot locked, String directory) throws Failure, PlanFailedException, IOException {
        removeNotifyDirectory(directory);
        Program program = new Program();
        Removal.unfinished(program, locked);
        Removal.state(program, locked, directory);
        executor.run(new Batch(program, false, false, fault));
    }

    private void removeNotifyDirectory(String directory) throws Failure, PlanFailedException, IOException {
        new TreeRemoval(executor, slots).remove(directory + "/" + NotifySocket.DIRECTORY);
    }

    private void kill(Program program, FoundContainer container) throws Failure, PlanFailedException, IOException {
        if (!container.isStopped()) {
            program.add("kill", new ProcessOp.Kill(container.process(), SIGKILL, 0));
            Removal.thaw(program, container.stored());
            for (Cgroup cgroup : container.stored().cgroups()) {
                if (cgroup.controllers().contains("freezer")) {
                    Removal.thaw(program, CgroupTree.of(executor, "clean-up", cgroup));
                }
            }
            program.add("kill", new ProcessOp.Kill(container.process(), SIGKILL, KILL_WAIT_MILLIS));
        }
    }

    private Program delete(FoundContainer container, boolean cgroups) throws Failure, PlanFailedException, IOException {
        Program program = new Program();
        kill(program, container);
        unmount(program, container);
        if (cgroups) {
            Removal.cgroups(program, container.stored());
        }
        Removal.rdt(program, container.stored());
        if (container.stored().notifies()) {
            executor.run(new Batch(program, false, false, fault));
            program = new Program();
            removeNotifyDirectory(container.directory());
        }
        Removal.state(program, container.lock(), container.directory());
        List<ContainerOp.RunHook> hooks = hooks(container);
        for (int i = 0; i < hooks.size(); i++) {
            program.add("config.json /hooks/poststop/" + i, hooks.get(i));
        }
        return program;
    }

    /** Takes the root away that is mounted for the caller too, if it is this caller. */
    private void unmount(Program program, FoundContainer container) {
        String shared = container.stored().mounts();
        String root = container.stored().state().rootfs();
        if (shared != null
                && root != null
                && container.isThisBoot()
                && shared.equals(executor.hello().namespace("mnt").toString())) {
            program.add("clean-up", new MountOp.Unmount(root));
        }
    }

    private static List<ContainerOp.RunHook> hooks(FoundContainer container) throws Failure {
        try {
            return HookPlan.poststop(
                    container.stored().readHooks().poststop(),
                    container.stored().state());
        } catch (InvalidSpecException damaged) {
            throw new Failure("the container's state is damaged: " + damaged.getMessage());
        }
    }
}
