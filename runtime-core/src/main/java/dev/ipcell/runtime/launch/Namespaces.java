// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.Slot;
import dev.ipcell.spec.NamespaceType;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * Which namespaces the container gets: new ones, joined ones, and for the rest the caller's.
 *
 * @param fresh kinds that are made for it
 * @param joined kinds that it enters, with the opened namespace
 * @param callersOwn joined kinds whose path leads to the caller's own namespace: for every rule they count as the host's
 */
record Namespaces(Set<NamespaceType> fresh, Map<NamespaceType, Joined> joined, Set<NamespaceType> callersOwn) {

    /**
     * An opened namespace.
     *
     * @param pointer where the configuration names it
     * @param isCallers whether it belongs to the caller's user namespace
     */
    record Joined(Slot slot, String pointer, boolean isCallers) {}

    static Namespaces none() {
        return new Namespaces(
                EnumSet.noneOf(NamespaceType.class),
                new EnumMap<>(NamespaceType.class),
                EnumSet.noneOf(NamespaceType.class));
    }

    boolean isFresh(NamespaceType type) {
        return fresh.contains(type);
    }

    /** True if the container shares this kind with the caller, by leaving it out or by naming the caller's own. */
    boolean isHosts(NamespaceType type) {
        return callersOwn.contains(type) || (!fresh.contains(type) && !joined.containsKey(type));
    }

    /**
     * False if the container has a user namespace of its own, but this other namespace does not belong to it: then it is not allowed to
     * mount what that one holds (ipc/mqueue.c, mqueue_get_tree; fs/sysfs/mount.c, sysfs_init_fs_context).
     */
    boolean isTheUsersOwn(NamespaceType type) {
        Joined other = joined.get(type);
        return isHosts(NamespaceType.USER) || isFresh(type) || (other != null && !other.isCallers());
    }

    /** The {@code CLONE_NEW*} flags of the new namespaces among these kinds. */
    int flags(Set<NamespaceType> kinds) {
        int flags = 0;
        for (NamespaceType type : fresh) {
            if (kinds.contains(type)) {
                flags |= NamespaceKind.flag(type);
            }
        }
        return flags;
    }
}
