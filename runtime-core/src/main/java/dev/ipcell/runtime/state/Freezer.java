// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.state;

import dev.ipcell.runtime.cgroup.Cgroup;
import org.jspecify.annotations.Nullable;

/** Whether a container's processes stand still (kernel documentation, cgroup-v1/freezer-subsystem.rst and cgroup-v2.rst). */
final class Freezer {
    private Freezer() {}

    /** The file that tells, or null if the container is in no cgroup that can freeze. */
    static @Nullable String stateFile(StoredContainer stored) {
        String unified = null;
        for (Cgroup cgroup : stored.cgroups()) {
            if (cgroup.controllers().contains("freezer")) {
                return cgroup.directory() + "/freezer.state";
            }
            if (cgroup.unified()) {
                unified = cgroup.directory() + "/cgroup.freeze";
            }
        }
        return unified;
    }

    /** What a state file's content means; one that is being frozen counts as frozen. */
    static boolean isFrozen(String content) {
        String state = content.strip();
        return state.equals("1") || state.equals("FROZEN") || state.equals("FREEZING");
    }
}
