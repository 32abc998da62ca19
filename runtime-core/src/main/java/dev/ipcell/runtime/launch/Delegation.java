// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.cgroup.CgroupLayout;
import dev.ipcell.spec.IdMapping;
import dev.ipcell.spec.Linux;
import dev.ipcell.spec.Mount;
import dev.ipcell.spec.Namespace;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.Spec;
import java.util.Objects;

/** Whether a container's process becomes the owner of its cgroup (runtime-spec, config-linux.md, "Cgroup ownership"). */
final class Delegation {
    /** The cgroup stays the caller's. */
    static final int NOBODY = -1;

    private Delegation() {}

    /** The user, as the host sees it, that the cgroup is handed over to, or {@link #NOBODY}. */
    static int owner(Spec spec, CgroupLayout layout) {
        Linux linux = Objects.requireNonNull(spec.linux(), "refused before");
        if (!layout.isUnifiedOnly() || !isFresh(linux, NamespaceType.CGROUP) || !isWritable(spec)) {
            return NOBODY;
        }
        long uid =
                Objects.requireNonNull(spec.process(), "refused before").user().uid();
        if (isFresh(linux, NamespaceType.USER)) {
            for (IdMapping mapping : linux.uidMappings()) {
                if (uid >= mapping.containerId() && uid - mapping.containerId() < mapping.size()) {
                    return (int) (uid - mapping.containerId() + mapping.hostId());
                }
            }
            return NOBODY;
        }
        // What the ids of a joined namespace mean is not known here; and to root it belongs already.
        return has(linux, NamespaceType.USER) || uid == 0 ? NOBODY : (int) uid;
    }

    private static boolean isWritable(Spec spec) {
        for (Mount mount : spec.mounts()) {
            boolean cgroup = "cgroup".equals(mount.type()) || "cgroup2".equals(mount.type());
            if (cgroup && (MountOptions.parse(mount.options()).set() & Kernel.MOUNT_ATTR_RDONLY) == 0) {
                return true;
            }
        }
        return false;
    }

    private static boolean isFresh(Linux linux, NamespaceType type) {
        for (Namespace namespace : linux.namespaces()) {
            String path = namespace.path();
            if (namespace.type() == type && (path == null || path.isEmpty())) {
                return true;
            }
        }
        return false;
    }

    private static boolean has(Linux linux, NamespaceType type) {
        for (Namespace namespace : linux.namespaces()) {
            if (namespace.type() == type) {
                return true;
            }
        }
        return false;
    }
}
