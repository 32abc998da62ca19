// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import java.util.ArrayList;
import java.util.List;

/**
 * Whom a container's version 2 cgroup is handed over to (runtime-spec, config-linux.md, "Cgroup ownership"), so that it can have cgroups
 * of its own; its limits stay out of its reach.
 *
 * @param uid as the host sees it
 * @param files of the cgroup that go along with its directory
 */
public record CgroupOwner(int uid, List<String> files) {
    /** Where the kernel tells which files these are (Documentation/admin-guide/cgroup-v2.rst, "Model of Delegation"). */
    public static final String LIST = "/sys/kernel/cgroup/delegate";

    /** What the specification names for kernels that do not tell. */
    private static final List<String> WITHOUT_LIST =
            List.of("cgroup.procs", "cgroup.subtree_control", "cgroup.threads");

    /**
     * An owner.
     *
     * @param list the text of {@link #LIST}; empty if it cannot be read
     */
    public static CgroupOwner of(int uid, String list) {
        List<String> files = new ArrayList<>();
        for (String line : list.split("\n", -1)) {
            if (!line.isEmpty() && line.indexOf('/') < 0) {
                files.add(line);
            }
        }
        return new CgroupOwner(uid, files.isEmpty() ? WITHOUT_LIST : List.copyOf(files));
    }
}
