// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.spec.Mount;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.SourceMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Flags of the sources of bind mounts that a user namespace may not change (mount_namespaces(7), "Restrictions on mount namespaces"). The
 * kernel would let the caller change them, who copies these mounts; but what the host has limited stays so for a container that is
 * to have less power than the host's root, as it does with runc.
 */
final class LockedFlags {
    private static final int ST_NOATIME = 0x400;
    private static final int ST_NODIRATIME = 0x800;
    private static final int ST_RELATIME = 0x1000;

    /** Flag n: what asks for it to be cleared, and its own name. */
    private static final List<String> CLEARED = List.of("rw", "suid", "dev", "exec");

    private static final List<String> NAMES = List.of("ro", "nosuid", "nodev", "noexec");

    private LockedFlags() {}

    /** Mounts whose options ask for it nevertheless. */
    static List<Problem> problems(List<Mount> mounts, Map<Integer, BindSource> sources, SourceMap positions) {
        List<Problem> problems = new ArrayList<>();
        for (int i = 0; i < mounts.size(); i++) {
            BindSource source = sources.get(i);
            if (source == null || source.late() != null) {
                continue;
            }
            MountOptions options = MountOptions.parse(mounts.get(i).options());
            List<String> words = new ArrayList<>();
            List<String> locked = new ArrayList<>();
            for (int flag = 0; flag < NAMES.size(); flag++) {
                if ((options.clear() & source.flags() & 1 << flag) != 0) {
                    words.add('"' + CLEARED.get(flag) + '"');
                    locked.add(NAMES.get(flag));
                }
            }
            accessTimes(options, source.flags(), words, locked);
            if (!words.isEmpty()) {
                String message = String.join(", ", words) + " cannot be had in a user namespace: the mount of the"
                        + " source is " + String.join(",", locked) + ", which it may not change";
                problems.add(positions.problem("/mounts/" + i + "/options", message));
            }
        }
        return problems;
    }

    private static void accessTimes(MountOptions options, int flags, List<String> words, List<String> locked) {
        if ((options.clear() & Kernel.MOUNT_ATTR_ATIME) == 0) {
            return; // None are asked for.
        }
        int wanted = options.set() & Kernel.MOUNT_ATTR_ATIME;
        boolean wantsNoDirectories = (options.set() & Kernel.MOUNT_ATTR_NODIRATIME) != 0;
        int has = (flags & ST_NOATIME) != 0
                ? Kernel.MOUNT_ATTR_NOATIME
                : (flags & ST_RELATIME) != 0 ? Kernel.MOUNT_ATTR_RELATIME : Kernel.MOUNT_ATTR_STRICTATIME;
        boolean hasNoDirectories = (flags & ST_NODIRATIME) != 0;
        if (wanted == has && wantsNoDirectories == hasNoDirectories) {
            return;
        }
        words.add('"' + (wantsNoDirectories && !hasNoDirectories ? "nodiratime" : name(wanted)) + '"');
        locked.add(name(has) + (hasNoDirectories ? ",nodiratime" : ""));
    }

    private static String name(int accessTime) {
        return switch (accessTime) {
            case Kernel.MOUNT_ATTR_NOATIME -> "noatime";
            case Kernel.MOUNT_ATTR_STRICTATIME -> "strictatime";
            default -> "relatime";
        };
    }
}
