// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import java.util.List;

/**
 * One mounted cgroup hierarchy (cgroups(7)).
 *
 * @param mountPoint where the caller sees it
 * @param own the caller's own cgroup in it, as a path below the mount point: {@code /} or {@code /a/b}
 * @param controllers of version 1, such as {@code cpu}; a named hierarchy has {@code name=systemd}; empty for version 2
 */
public record Hierarchy(String mountPoint, String own, List<String> controllers) {

    /** True for the unified hierarchy of version 2. */
    public boolean unified() {
        return controllers.isEmpty();
    }

    /** True if it is the version 1 hierarchy of this controller. */
    public boolean has(String controller) {
        return controllers.contains(controller);
    }

    /** The last component of the mount point, which is what containers call it too. */
    public String directoryName() {
        return mountPoint.substring(mountPoint.lastIndexOf('/') + 1);
    }
}
