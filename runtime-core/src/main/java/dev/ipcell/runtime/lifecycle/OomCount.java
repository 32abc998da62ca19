// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.lifecycle;

import dev.ipcell.runtime.cgroup.CgroupFile;
import dev.ipcell.runtime.cgroup.ContainerCgroups;
import dev.ipcell.runtime.cgroup.Hierarchy;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.PlanFailedException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How often the kernel has killed a process of the container for want of memory (cgroup-v1/memory.rst, cgroup-v2.rst). */
final class OomCount {
    private static final String KEY = "oom_kill ";

    private final ContainerCgroups cgroups;
    private final @Nullable CgroupFile file;

    OomCount(ContainerCgroups cgroups) {
        this.cgroups = cgroups;
        Hierarchy version1 = cgroups.layout().version1("memory");
        Hierarchy unified = cgroups.layout().unified();
        if (version1 != null) {
            file = new CgroupFile(version1, "memory.oom_control");
        } else {
            file = unified == null ? null : new CgroupFile(unified, "memory.events");
        }
    }

    /** The count; 0 if nothing counts. */
    long read(Executor executor) throws PlanFailedException, IOException {
        if (file == null) {
            return 0;
        }
        Map<String, String> texts = ContainerUpdate.texts(executor, List.of(file), cgroups);
        for (String line : texts.getOrDefault(file.name(), "").split("\n", -1)) {
            if (line.startsWith(KEY)) {
                return Long.parseLong(line.substring(KEY.length()).strip());
            }
        }
        return 0;
    }
}
