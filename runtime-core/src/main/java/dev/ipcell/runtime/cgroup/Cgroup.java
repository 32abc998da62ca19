// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import java.util.List;

/**
 * A container's cgroup in one hierarchy.
 *
 * @param directory its absolute path
 * @param controllers of version 1; empty for version 2
 */
public record Cgroup(String directory, List<String> controllers) {
    /** True if it is of version 2. */
    public boolean unified() {
        return controllers.isEmpty();
    }
}
