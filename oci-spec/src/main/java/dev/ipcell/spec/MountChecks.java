// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks of {@code mounts}, and of id mappings wherever they stand. */
final class MountChecks {
    private static final long IDS = 1L << 32;

    private MountChecks() {}

    static void check(List<Mount> mounts, @Nullable Linux linux, Problems problems) {
        for (int i = 0; i < mounts.size(); i++) {
            Mount mount = mounts.get(i);
            String at = JsonPointer.child("/mounts", i);
            destination(mount.destination(), at, problems);
            if (mount.isBind() && mount.source() == null) {
                problems.error(at, "a bind mount needs a source");
            }
            idMapped(mount, at, linux, problems);
        }
    }

    private static void destination(String destination, String at, Problems problems) {
        if (destination.isEmpty()) {
            problems.error(at + "/destination", "must not be empty");
        } else if (!destination.startsWith("/")) {
            problems.warning(
                    at + "/destination",
                    "relative destination " + Quoted.of(destination) + " is deprecated and is taken to start at /");
        }
    }

    private static void idMapped(Mount mount, String at, @Nullable Linux linux, Problems problems) {
        boolean uids = !mount.uidMappings().isEmpty();
        boolean gids = !mount.gidMappings().isEmpty();
        if (uids != gids) {
            problems.error(at, "has only one of uidMappings and gidMappings, they must stand together");
        }
        mappings(mount.uidMappings(), at + "/uidMappings", problems);
        mappings(mount.gidMappings(), at + "/gidMappings", problems);
        int option = Math.max(mount.options().indexOf("idmap"), mount.options().indexOf("ridmap"));
        if (option >= 0 && !uids && !gids && SpecValidator.lacks(linux, NamespaceType.USER)) {
            problems.error(
                    JsonPointer.child(at + "/options", option),
                    "needs uidMappings and gidMappings, or a user namespace in /linux/namespaces");
        } else if (option >= 0 && !uids && !gids && makesUserWithoutIds(linux)) {
            problems.error(
                    JsonPointer.child(at + "/options", option),
                    "needs uidMappings and gidMappings, of the mount or in /linux");
        }
    }

    private static boolean makesUserWithoutIds(@Nullable Linux linux) {
        Namespace user = linux == null ? null : linux.namespace(NamespaceType.USER);
        return linux != null
                && user != null
                && user.path() == null
                && (linux.uidMappings().isEmpty() || linux.gidMappings().isEmpty());
    }

    static void mappings(List<IdMapping> mappings, String at, Problems problems) {
        for (int i = 0; i < mappings.size(); i++) {
            IdMapping mapping = mappings.get(i);
            if (mapping.size() == 0) {
                problems.error(JsonPointer.child(at, i) + "/size", "must be at least 1");
            } else if (Math.max(mapping.containerId(), mapping.hostId()) + mapping.size() > IDS) {
                problems.error(JsonPointer.child(at, i), "reaches beyond the largest id 4294967295");
            }
            for (int j = 0; j < i; j++) {
                if (mapping.overlaps(mappings.get(j))) {
                    problems.error(
                            JsonPointer.child(at, i), "maps an id that " + JsonPointer.child(at, j) + " maps too");
                    break;
                }
            }
        }
    }
}
