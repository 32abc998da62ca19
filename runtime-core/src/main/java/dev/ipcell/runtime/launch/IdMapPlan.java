// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.NamespaceOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.spec.Mount;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.SourceMap;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Mounts that show other ids than their file system has. The kernel takes the ids from a user namespace: one that the container joins, or
 * one that is made for the maps alone, and once for all mounts with the same. The container's own new one is not there yet when the
 * mounts are prepared, so one with the same maps stands for it.
 */
final class IdMapPlan {
    private final Launch launch;
    private final Program parent;
    private final Map<String, Slot> made = new HashMap<>();

    IdMapPlan(Launch launch, Program parent) {
        this.launch = launch;
        this.parent = parent;
    }

    /** Mounts that want the maps of the container's user namespace, where that turned out to be the caller's own. */
    static List<Problem> problems(List<Mount> mounts, Namespaces namespaces, SourceMap positions) {
        List<Problem> problems = new ArrayList<>();
        for (int i = 0; i < mounts.size() && namespaces.isHosts(NamespaceType.USER); i++) {
            MountOptions options = MountOptions.parse(mounts.get(i).options());
            if (options.idmap() != 0
                    && options.ids() == null
                    && mounts.get(i).uidMappings().isEmpty()) {
                problems.add(positions.problem(
                        "/mounts/" + i + "/options",
                        "needs uidMappings and gidMappings, as the user namespace is the caller's own"));
            }
        }
        return problems;
    }

    /** Whether this mount's ids are mapped; mappings alone mean {@code idmap}. */
    static boolean isMapped(Mount mount, MountOptions options) {
        return options.idmap() != 0 || !mount.uidMappings().isEmpty();
    }

    /**
     * Adds the operation that maps a detached mount.
     *
     * @param program of who does it; only who is privileged over the mount's file system is allowed to
     */
    void add(Program program, Slot slot, int index, Mount mount, MountOptions options) {
        Slot user = user(index, mount, options);
        int flags = Kernel.AT_EMPTY_PATH | (options.isRecursiveIdmap() ? Kernel.AT_RECURSIVE : 0);
        program.add(MountPlan.origin(index, mount), new MountOp.IdmapMount(slot, flags, user));
    }

    private Slot user(int index, Mount mount, MountOptions options) {
        String pointer = "/mounts/" + index;
        String ids = options.ids();
        if (!mount.uidMappings().isEmpty()) {
            return make(pointer + "/uidMappings", IdMaps.of(mount.uidMappings(), mount.gidMappings()));
        }
        if (ids != null) {
            return make(pointer + "/options (idmap=" + ids + ")", IdMaps.parse(ids, launch.linux()));
        }
        Namespaces.Joined joined = launch.namespaces().joined().get(NamespaceType.USER);
        if (joined != null) {
            return joined.slot();
        }
        return make(
                "/linux/uidMappings",
                IdMaps.of(launch.linux().uidMappings(), launch.linux().gidMappings()));
    }

    private Slot make(String pointer, IdMaps maps) {
        String key = maps.uids() + "/" + maps.gids();
        Slot slot = made.get(key);
        if (slot == null) {
            slot = launch.slots().open("ids");
            made.put(key, slot);
            byte[] uids = maps.uids().getBytes(StandardCharsets.US_ASCII);
            byte[] gids = maps.gids().getBytes(StandardCharsets.US_ASCII);
            parent.add(Launch.at(pointer), new NamespaceOp.MapIds(slot, uids, gids));
        }
        return slot;
    }
}
