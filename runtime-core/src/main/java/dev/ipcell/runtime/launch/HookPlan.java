// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.Slot;
import dev.ipcell.spec.ContainerStatus;
import dev.ipcell.spec.Hook;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonValue;
import dev.ipcell.spec.JsonWriter;
import dev.ipcell.spec.State;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes operations of hooks (runtime-spec, config.md, "POSIX-platform Hooks"; runtime.md, "Lifecycle"). */
public final class HookPlan {
    private static final String PID = "\"pid\":";
    private static final int MILLIS = 1000;

    private HookPlan() {}

    /** What {@code start} and {@code delete} need of the configuration: its hooks, as they stand. */
    static @Nullable JsonObject stored(JsonObject config) {
        JsonValue hooks = config.get("hooks");
        return hooks instanceof JsonObject object ? object : null;
    }

    /**
     * The operations of one kind's hooks.
     *
     * @param process whose pid the hooks are told; {@link Slot#NONE} for the one that runs them
     * @param state what they are told besides
     * @param environment for a hook that configures none; empty for the executor's own, as runc has it
     */
    public static List<ContainerOp.RunHook> of(
            List<Hook> hooks, Slot process, State state, ContainerStatus status, List<String> environment) {
        if (hooks.isEmpty()) {
            return List.of();
        }
        String json = JsonWriter.compact(withStatus(state, status).toSpecJson());
        int at = json.indexOf(PID) + PID.length();
        List<ContainerOp.RunHook> operations = new ArrayList<>(hooks.size());
        for (Hook hook : hooks) {
            operations.add(
                    operation(hook, process, utf8(json.substring(0, at)), utf8(json.substring(at + 1)), environment));
        }
        return operations;
    }

    /** The operations of hooks that run when there is no process any more. */
    public static List<ContainerOp.RunHook> poststop(List<Hook> hooks, State state) {
        if (hooks.isEmpty()) {
            return List.of();
        }
        byte[] json = utf8(
                JsonWriter.compact(withStatus(state, ContainerStatus.STOPPED).toSpecJson()));
        List<ContainerOp.RunHook> operations = new ArrayList<>(hooks.size());
        for (Hook hook : hooks) {
            operations.add(operation(hook, Slot.NONE, json, new byte[0], List.of()));
        }
        return operations;
    }

    private static ContainerOp.RunHook operation(
            Hook hook, Slot process, byte[] before, byte[] after, List<String> environment) {
        List<String> argv = hook.args().isEmpty() ? List.of(hook.path()) : hook.args();
        int timeout = hook.timeout() == null ? 0 : (int) Math.min(Integer.MAX_VALUE, hook.timeout() * MILLIS);
        return new ContainerOp.RunHook(
                process, hook.path(), argv, hook.env().isEmpty() ? environment : hook.env(), before, after, timeout);
    }

    private static State withStatus(State state, ContainerStatus status) {
        return new State(
                state.ociVersion(),
                state.id(),
                0,
                status,
                state.bundle(),
                state.rootfs(),
                state.created(),
                state.annotations(),
                state.owner());
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
