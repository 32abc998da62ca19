// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.spec.HugepageLimit;
import dev.ipcell.spec.InterfacePriority;
import dev.ipcell.spec.Network;
import dev.ipcell.spec.Pids;
import dev.ipcell.spec.Rdma;
import dev.ipcell.spec.Resources;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The resources that come to one or two writes each. */
final class OtherResources {
    /** What the kernel makes of any limit of bytes that is too large to matter: no limit. */
    private static final long NO_LIMIT = Long.MAX_VALUE - 0xfff;

    private final ResourceWrites out;

    private OtherResources(ResourceWrites out) {
        this.out = out;
    }

    static void compile(Resources resources, ResourceWrites out) {
        OtherResources other = new OtherResources(out);
        other.pids(resources.pids());
        other.hugepages(resources.hugepageLimits());
        other.network(resources.network());
        for (Map.Entry<String, Rdma> entry : resources.rdma().entrySet()) {
            other.rdma(entry.getKey(), entry.getValue());
        }
        for (Map.Entry<String, String> entry : resources.unified().entrySet()) {
            other.unified(entry.getKey(), entry.getValue());
        }
    }

    private void pids(@Nullable Pids pids) {
        Long limit = pids == null ? null : pids.limit();
        if (limit == null) {
            return;
        }
        // Podman writes 0 for --pids-limit -1, which is no limit; a cgroup without a process would be of no use.
        boolean asks = limit > 0;
        Hierarchy home = out.home("pids", "/pids/limit", asks);
        if (home != null) {
            String value = asks ? Long.toString(limit) : "max";
            out.write(home, "pids.max", "/pids/limit", value, ResourceWrites.weight(asks));
        }
    }

    private void hugepages(List<HugepageLimit> limits) {
        for (int i = 0; i < limits.size(); i++) {
            HugepageLimit limit = limits.get(i);
            String pointer = "/hugepageLimits/" + i;
            boolean asks = Long.compareUnsigned(limit.limit(), NO_LIMIT) < 0;
            Hierarchy home = out.home("hugetlb", pointer, asks);
            if (home != null) {
                String file = "hugetlb." + limit.pageSize();
                String end = home.unified() ? ".max" : ".limit_in_bytes";
                String value = Long.toUnsignedString(limit.limit());
                out.write(home, file + end, pointer, value, ResourceWrites.weight(asks));
                out.write(home, file + ".rsvd" + end, pointer, value, ResourceWrites.weight(asks));
            }
        }
    }

    /** Version 2 has neither of these controllers. */
    private void network(@Nullable Network network) {
        if (network == null) {
            return;
        }
        Long classId = network.classId();
        if (classId != null && (classId != 0 || out.updating())) {
            Hierarchy home = out.home("net_cls", "/network/classID", classId != 0);
            if (home != null) {
                out.write(home, "net_cls.classid", "/network/classID", Long.toString(classId));
            }
        }
        List<InterfacePriority> priorities = network.priorities();
        for (int i = 0; i < priorities.size(); i++) {
            InterfacePriority priority = priorities.get(i);
            String pointer = "/network/priorities/" + i;
            Hierarchy home = out.home("net_prio", pointer, priority.priority() != 0);
            if (home != null) {
                out.write(home, "net_prio.ifpriomap", pointer, priority.name() + " " + priority.priority());
            }
        }
    }

    private void rdma(String device, Rdma rdma) {
        String pointer = "/rdma/" + escaped(device);
        Hierarchy home = out.home("rdma", pointer);
        if (home == null) {
            return;
        }
        StringBuilder limits = new StringBuilder(device);
        Long handles = rdma.hcaHandles();
        if (handles != null) {
            limits.append(" hca_handle=").append(handles.longValue());
        }
        Long objects = rdma.hcaObjects();
        if (objects != null) {
            limits.append(" hca_object=").append(objects.longValue());
        }
        out.write(home, "rdma.max", pointer, limits.toString());
    }

    private void unified(String file, String value) {
        String pointer = "/unified/" + escaped(file);
        Hierarchy home = out.controllers().layout().unified();
        int dot = file.indexOf('.');
        if (dot <= 0 || dot == file.length() - 1 || file.indexOf('/') >= 0) {
            out.refuse(pointer, "must be the name of a file in the cgroup, such as memory.high");
        } else if (home == null) {
            out.refuse(pointer, "needs version 2 of cgroups, which is not mounted");
        } else if (value.isBlank()) {
            out.refuse(pointer, "must not be empty");
        } else if (hasController(file, file.substring(0, dot), pointer)) {
            for (String line : value.split("\n", -1)) {
                if (!line.isBlank()) {
                    out.write(home, file, pointer, line);
                }
            }
        }
    }

    private boolean hasController(String file, String controller, String pointer) {
        if (controller.equals("cgroup") || file.endsWith(".pressure")) {
            return true; // the kernel's core has them
        }
        if (out.controllers().isAvailable(controller)) {
            out.need(controller);
            return true;
        }
        out.refuse(
                pointer,
                "invalid configuration: needs the " + controller + " controller in version 2 of cgroups, "
                        + (out.controllers().version1(controller) == null
                                ? "which has none of that name"
                                : "but this machine has it in version 1"));
        return false;
    }

    private static String escaped(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }
}
