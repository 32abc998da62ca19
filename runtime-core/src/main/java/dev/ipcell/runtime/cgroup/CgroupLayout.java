// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The machine's cgroup hierarchies, as the caller sees them.
 *
 * @param hierarchies version 1 ones and, last, the unified one if it is mounted
 */
public record CgroupLayout(List<Hierarchy> hierarchies) {

    /** How the type of a cgroup file system begins, behind the fields of which there may be more; spaces in paths are escaped. */
    private static final String CGROUP = " - cgroup";

    private static final String USUAL = "/sys/fs/cgroup";

    /**
     * Reads the layout.
     *
     * @param mountinfo {@code /proc/self/mountinfo} (proc_pid_mountinfo(5))
     * @param membership {@code /proc/self/cgroup} (cgroups(7))
     */
    public static CgroupLayout parse(String mountinfo, String membership) {
        List<Mounted> version1 = new ArrayList<>();
        List<Mounted> unified = new ArrayList<>();
        for (int at = mountinfo.indexOf(CGROUP); at >= 0; at = mountinfo.indexOf(CGROUP, at + 1)) {
            int start = mountinfo.lastIndexOf('\n', at) + 1;
            int end = mountinfo.indexOf('\n', at);
            String[] fields = mountinfo
                    .substring(start, end < 0 ? mountinfo.length() : end)
                    .split(" ", -1);
            int dash = dash(fields);
            if (dash < 0 || dash + 3 >= fields.length) {
                continue;
            }
            String type = fields[dash + 1];
            if (type.equals("cgroup2")) {
                add(unified, fields, hierarchy(fields, List.of(), own(membership, List.of())));
            } else if (type.equals("cgroup")) {
                List<String> controllers = controllers(fields[dash + 3]);
                String own = own(membership, controllers);
                if (own != null) {
                    add(version1, fields, hierarchy(fields, controllers, own));
                }
            }
        }
        List<Hierarchy> all = new ArrayList<>();
        for (Mounted mounted : version1) {
            all.add(mounted.hierarchy);
        }
        for (Mounted mounted : unified) {
            all.add(mounted.hierarchy);
        }
        return new CgroupLayout(List.copyOf(all));
    }

    /** Where a hierarchy is mounted, and how likely it is that the machine's cgroups are managed there. */
    private record Mounted(Hierarchy hierarchy, int rank) {}

    /**
     * A hierarchy can be mounted more than once: a container that shares the caller's mount namespace brings mounts of its own. The
     * first is taken, unless another can be written to or is at the usual place and this is not, or another covers it.
     */
    private static void add(List<Mounted> all, String[] fields, Hierarchy hierarchy) {
        String point = hierarchy.mountPoint();
        boolean usual = point.equals(USUAL) || point.startsWith(USUAL + "/");
        boolean writable = fields[5].equals("rw") || fields[5].startsWith("rw,");
        Mounted mounted = new Mounted(hierarchy, (writable ? 2 : 0) + (usual ? 1 : 0));
        for (int i = 0; i < all.size(); i++) {
            Mounted known = all.get(i);
            if (known.hierarchy.controllers().equals(hierarchy.controllers())) {
                if (mounted.rank > known.rank || point.equals(known.hierarchy.mountPoint())) {
                    all.set(i, mounted);
                }
                return;
            }
        }
        all.add(mounted);
    }

    /** True if only version 2 is there. */
    public boolean isUnifiedOnly() {
        return hierarchies.size() == 1 && hierarchies.getFirst().unified();
    }

    /** The version 1 hierarchy of a controller, if there is one. */
    public @Nullable Hierarchy version1(String controller) {
        for (Hierarchy hierarchy : hierarchies) {
            if (hierarchy.has(controller)) {
                return hierarchy;
            }
        }
        return null;
    }

    /** The unified hierarchy, if it is mounted. */
    public @Nullable Hierarchy unified() {
        Hierarchy last = hierarchies.isEmpty() ? null : hierarchies.getLast();
        return last != null && last.unified() ? last : null;
    }

    private static Hierarchy hierarchy(String[] fields, List<String> controllers, @Nullable String own) {
        String root = fields[3];
        String path = own == null ? "/" : own;
        if (!root.equals("/") && path.startsWith(root)) {
            path = path.substring(root.length());
        }
        return new Hierarchy(unescape(fields[4]), path.isEmpty() ? "/" : path, controllers);
    }

    private static int dash(String[] fields) {
        for (int i = 6; i < fields.length; i++) {
            if (fields[i].equals("-")) {
                return i;
            }
        }
        return -1;
    }

    private static List<String> controllers(String superOptions) {
        List<String> controllers = new ArrayList<>();
        for (String option : superOptions.split(",", -1)) {
            if (!List.of("rw", "ro", "xattr", "noprefix", "clone_children").contains(option)
                    && !option.startsWith("release_agent=")) {
                controllers.add(option);
            }
        }
        return controllers;
    }

    /** The caller's cgroup in the hierarchy of these controllers (none: the unified one), if it is a member. */
    private static @Nullable String own(String membership, List<String> controllers) {
        for (String line : membership.split("\n", -1)) {
            String[] fields = line.split(":", 3);
            if (fields.length == 3
                    && (controllers.isEmpty()
                            ? fields[1].isEmpty()
                            : List.of(fields[1].split(",", -1)).containsAll(controllers))) {
                return fields[2];
            }
        }
        return null;
    }

    /** Undoes the octal escapes of mountinfo: space, tab, newline and backslash. */
    public static String unescape(String path) {
        return path.indexOf('\\') < 0
                ? path
                : path.replace("\\040", " ")
                        .replace("\\011", "\t")
                        .replace("\\012", "\n")
                        .replace("\\134", "\\");
    }
}
