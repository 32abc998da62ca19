// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.scope.ScopePlan;
import dev.ipcell.runtime.scope.Systemd;
import dev.ipcell.runtime.systemd.UnitProperty;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.PlanFailedException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The part of a launch that no operation can do: between two batches systemd is asked to put the child into a scope. Should the planner
 * die meanwhile, the executor kills the child, and a scope without processes goes away by itself.
 */
final class ScopeStart {
    private ScopeStart() {}

    /** Has the scope made and goes on with the launch; whatever fails, nothing is left. */
    static BatchResult start(Conversation conversation, Launch launch, LaunchPlan plan, Systemd systemd, int pid)
            throws Failure, PlanFailedException, IOException {
        ScopePlan scope = launch.scope();
        if (scope == null) {
            throw new IllegalStateException("no scope");
        }
        try {
            systemd.start(scope, pid);
        } catch (Failure refused) {
            ContainerLaunch.unwind(conversation);
            throw refused;
        }
        try {
            return conversation.run(plan.inScope());
        } catch (PlanFailedException failed) {
            giveUp(launch, systemd);
            throw failed;
        }
    }

    /** Its processes are dead, so it goes by itself; but then it is not gone yet when the caller is told. */
    static void giveUp(Launch launch, @Nullable Systemd systemd) {
        ScopePlan scope = launch.scope();
        if (scope != null && systemd != null) {
            try {
                systemd.stop(scope.name().scope());
            } catch (Failure unheard) {
                // What failed before is what has to be told.
            }
        }
    }

    /** What a plan shows in the place of the call. */
    static String title(ScopePlan scope) {
        StringBuilder title =
                new StringBuilder("in the scope ").append(scope.name().scope());
        for (UnitProperty property : scope.properties()) {
            title.append("\n#   ").append(property);
        }
        return title.toString();
    }
}
