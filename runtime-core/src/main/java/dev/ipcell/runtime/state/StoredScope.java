// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.state;

import dev.ipcell.runtime.scope.ScopePlan;

/**
 * The scope of systemd that a container is in.
 *
 * @param unit its name
 * @param user whether a user's manager has it
 */
public record StoredScope(String unit, boolean user) {

    /** What is remembered of a scope. */
    public static StoredScope of(ScopePlan plan) {
        return new StoredScope(plan.name().scope(), plan.user());
    }
}
