// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;

/**
 * A file of a container's cgroup.
 *
 * @param hierarchy the hierarchy it is in
 * @param name its name there, such as {@code memory.max}
 */
public record CgroupFile(Hierarchy hierarchy, String name) {
    private static final int LIMIT = 1 << 20;

    /** The step that reads it; a kernel may not have it, so that is no failure. */
    public Step read(CgroupDirectories directories) {
        return Step.optional("cgroup file " + name, new FileOp.ReadFile(Slot.CWD, path(directories), LIMIT, 0));
    }

    String path(CgroupDirectories directories) {
        return directories.directory(hierarchy) + "/" + name;
    }
}
