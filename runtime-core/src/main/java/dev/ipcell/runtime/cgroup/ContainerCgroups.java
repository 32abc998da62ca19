// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import java.util.ArrayList;
import java.util.List;

/** The cgroups of a container that is there already; each is seen as a hierarchy of its own. */
public final class ContainerCgroups implements CgroupDirectories {
    private final List<Cgroup> cgroups;

    /** From what the container's state remembers. */
    public ContainerCgroups(List<Cgroup> cgroups) {
        this.cgroups = List.copyOf(cgroups);
    }

    /** A layout in which every hierarchy begins at the container's own cgroup. */
    public CgroupLayout layout() {
        List<Hierarchy> hierarchies = new ArrayList<>(cgroups.size());
        for (Cgroup cgroup : cgroups) {
            hierarchies.add(new Hierarchy(cgroup.directory(), "/", cgroup.controllers()));
        }
        return new CgroupLayout(hierarchies);
    }

    @Override
    public String directory(Hierarchy hierarchy) {
        return hierarchy.mountPoint();
    }
}
