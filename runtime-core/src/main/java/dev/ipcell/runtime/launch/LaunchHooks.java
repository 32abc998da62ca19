// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.Op;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.ContainerStatus;
import dev.ipcell.spec.Hook;
import dev.ipcell.spec.Hooks;
import dev.ipcell.spec.State;
import java.util.List;
import java.util.Map;

/** The hooks of a launch where they have their place in it (runtime-spec, config.md, "POSIX-platform Hooks"). */
final class LaunchHooks {
    private static final List<Hook> NONE = List.of();

    private final Launch launch;
    private final Hooks hooks;

    LaunchHooks(Launch launch) {
        Hooks configured = launch.spec().hooks();
        this.launch = launch;
        this.hooks = configured == null ? new Hooks(NONE, NONE, NONE, NONE, NONE, NONE, Map.of()) : configured;
    }

    /** What they and the seccomp listener are told. */
    State state() {
        return new State(
                launch.spec().ociVersion(),
                launch.id(),
                0,
                ContainerStatus.CREATING,
                launch.bundle().directory(),
                launch.rootfsPath(),
                null,
                launch.spec().annotations(),
                null);
    }

    /** Whether some run in the caller's namespaces while the container is created. */
    boolean areOutside() {
        return !hooks.prestart().isEmpty() || !hooks.createRuntime().isEmpty();
    }

    void outside(Program parent, Slot process) {
        add(parent, "prestart", hooks.prestart(), process, ContainerStatus.CREATING, List.of());
        add(parent, "createRuntime", hooks.createRuntime(), process, ContainerStatus.CREATING, List.of());
    }

    void createContainer(Program child) {
        if (!hooks.createContainer().isEmpty()) {
            // Where runc runs them, so that hooks with relative paths exist. A user namespace may have no way there.
            child.add(Step.optional(Launch.at("/hooks/createContainer"), new ChildOp.Chdir(launch.rootfsPath(), 0)));
        }
        add(child, "createContainer", hooks.createContainer(), Slot.NONE, ContainerStatus.CREATING, List.of());
    }

    boolean areAtStart() {
        return !hooks.startContainer().isEmpty();
    }

    /** @param environment the process's, for a hook that configures none */
    void startContainer(Program child, List<String> environment) {
        add(child, "startContainer", hooks.startContainer(), Slot.NONE, ContainerStatus.CREATED, environment);
    }

    void poststart(Program parent, Slot process) {
        add(parent, "poststart", hooks.poststart(), process, ContainerStatus.RUNNING, List.of());
    }

    /** Those that run when the container is gone again. */
    List<? extends Op> poststop() {
        return HookPlan.poststop(hooks.poststop(), state());
    }

    private void add(
            Program program,
            String kind,
            List<Hook> hooks,
            Slot told,
            ContainerStatus status,
            List<String> environment) {
        List<ContainerOp.RunHook> operations = HookPlan.of(hooks, told, state(), status, environment);
        for (int i = 0; i < operations.size(); i++) {
            program.add(Launch.at("/hooks/" + kind + "/" + i), operations.get(i));
        }
    }
}
