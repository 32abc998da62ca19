// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.spec.Fragment;
import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.Resources;
import dev.ipcell.spec.SpecReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Three machines, one of each kind, and the container {@code c} on them. */
final class Layouts {
    static final Controllers VERSION1 = controllers(
            "",
            "cpu,cpuacct",
            "cpuset",
            "memory",
            "blkio",
            "pids",
            "devices",
            "freezer",
            "hugetlb",
            "net_cls,net_prio",
            "rdma");

    /** As some virtual machines have it: the unified hierarchy has what no version 1 hierarchy took. */
    static final Controllers HYBRID =
            controllers("hugetlb\n", "cpu", "cpuacct", "memory", "devices", "freezer", "pids", "unified");

    static final Controllers VERSION2 = controllers("cpuset cpu io memory hugetlb pids rdma misc\n", "unified");

    static final CgroupDirectories DIRECTORIES =
            hierarchy -> hierarchy.mountPoint() + (hierarchy.unified() ? "/engine/c" : "/c");

    private Layouts() {}

    static Controllers controllers(String available, String... hierarchies) {
        List<Hierarchy> all = new ArrayList<>();
        for (String hierarchy : hierarchies) {
            boolean unified = hierarchy.equals("unified");
            String mountPoint = unified && hierarchies.length == 1 ? "/cg" : "/cg/" + hierarchy;
            all.add(new Hierarchy(mountPoint, "/", unified ? List.of() : List.of(hierarchy.split(",", -1))));
        }
        return Controllers.of(new CgroupLayout(List.copyOf(all)), available);
    }

    static Fragment<Resources> resources(String json) {
        try {
            return SpecReader.readResources(json.getBytes(StandardCharsets.UTF_8));
        } catch (InvalidSpecException invalid) {
            throw new IllegalArgumentException(invalid);
        }
    }

    static ResourceOrigin origin(Fragment<Resources> resources) {
        return new ResourceOrigin("--resources", "", resources.positions());
    }
}
