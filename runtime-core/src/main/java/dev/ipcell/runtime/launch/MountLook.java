// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.cgroup.CgroupLayout;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.FileFacts;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.Mount;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a plan of mounts depends on: the directories that a tmpfs covers, and what the host has mounted. */
final class MountLook {
    private static final int PERMISSIONS = 07777;

    private final Map<Integer, Step> covered = new HashMap<>();
    private final Map<Integer, String> modes = new HashMap<>();
    private final List<Mount> mounts;
    private final List<String> revealing;
    private final boolean hasShared;

    private MountLook(List<Mount> mounts, List<String> revealing, boolean hasShared) {
        this.mounts = mounts;
        this.revealing = revealing;
        this.hasShared = hasShared;
    }

    /**
     * Adds the operations that look into the root file system.
     *
     * @param mountinfo the caller's mounts
     * @param noPivot see {@link #revealing()}
     */
    static MountLook at(Program program, Slot rootfs, List<Mount> mounts, String mountinfo, boolean noPivot) {
        MountLook look =
                new MountLook(mounts, noPivot ? revealing(mountinfo) : List.of(), mountinfo.contains(" shared:"));
        for (int i = 0; i < mounts.size(); i++) {
            String destination = mounts.get(i).destination();
            if (wantsMode(mounts.get(i)) && !isBelowAnother(mounts, i, destination)) {
                Step stat = Step.optional(
                        MountPlan.origin(i, mounts.get(i)),
                        new FileOp.Stat(rootfs, destination, Kernel.RESOLVE_IN_ROOT));
                look.covered.put(i, program.add(stat));
            }
        }
        return look;
    }

    /** Where the host has proc and sysfs, the last one first. */
    static List<String> revealing(String mountinfo) {
        List<String> places = new ArrayList<>();
        for (String line : mountinfo.split("\n", -1)) {
            int dash = line.indexOf(" - ");
            String type = dash < 0 ? "" : line.substring(dash + 3);
            if (type.startsWith("proc ") || type.startsWith("sysfs ")) {
                places.addFirst(CgroupLayout.unescape(line.split(" ", 6)[4]));
            }
        }
        return places;
    }

    /** Takes the answer. */
    void resolve(BatchResult seen) {
        for (Map.Entry<Integer, Step> entry : covered.entrySet()) {
            if (seen.errno(entry.getValue()) == 0) {
                FileFacts facts = FileFacts.decode(seen.value(entry.getValue()));
                if (facts.isDirectory()) {
                    modes.put(entry.getKey(), "mode=" + Integer.toOctalString(facts.mode() & PERMISSIONS));
                }
            }
        }
    }

    /** The configured mounts, with destinations that are seen from the root. */
    List<Mount> mounts() {
        return mounts;
    }

    /** The parameter that gives a tmpfs the permissions of the directory that it covers, if none are asked for; runc does so. */
    @Nullable
    String mode(int index) {
        return modes.get(index);
    }

    /**
     * Where the host has proc and sysfs, if the container's root is moved and not pivoted to. The host's mounts stay then, out of sight;
     * but as long as one of these is not covered, a user namespace in the container may mount a proc or sysfs of which nothing is masked.
     */
    List<String> revealing() {
        return revealing;
    }

    /** Whether the caller has mounts that tell others what is mounted in them. */
    boolean hasShared() {
        return hasShared;
    }

    private static boolean wantsMode(Mount mount) {
        if (!"tmpfs".equals(mount.type()) || mount.isBind()) {
            return false;
        }
        for (String option : mount.options()) {
            if (option.startsWith("mode=")) {
                return false;
            }
        }
        return true;
    }

    private static boolean isBelowAnother(List<Mount> mounts, int index, String destination) {
        for (int i = 0; i < index; i++) {
            String above = mounts.get(i).destination();
            if (destination.equals(above) || destination.startsWith(above.endsWith("/") ? above : above + "/")) {
                return true;
            }
        }
        return false;
    }
}
