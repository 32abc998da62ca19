// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a container's cgroup goes in each hierarchy (runtime-spec, config-linux.md, "Cgroups Path").
 *
 * <p>An absolute {@code linux.cgroupsPath} is taken from the hierarchy's mount point, a relative one from the caller's own cgroup; in a
 * purely unified hierarchy from the one above it, because a version 2 cgroup with processes in it cannot give controllers to children.
 * Without one the container's ID is used, as a relative path.
 */
public record CgroupPath(@Nullable String configured, String containerId) {

    /**
     * The components to be made below {@code from}, outermost first.
     *
     * @param from an existing cgroup below the hierarchy's mount point, {@code /} for the mount point itself
     * @param components none is empty, {@code .} or {@code ..}
     */
    public record Place(String from, List<String> components) {}

    /** The place in this hierarchy. */
    public Place in(Hierarchy hierarchy, boolean unifiedOnly) {
        String path = configured;
        String base = unifiedOnly ? parent(hierarchy.own()) : hierarchy.own();
        if (path == null || path.isEmpty()) {
            return new Place(base, List.of(containerId));
        }
        return new Place(path.startsWith("/") ? "/" : base, components(path));
    }

    private static List<String> components(String path) {
        List<String> components = new ArrayList<>();
        for (String component : path.split("/", -1)) {
            if (component.equals("..")) {
                throw new IllegalArgumentException("cgroupsPath with \"..\" got past validation");
            }
            if (!component.isEmpty() && !component.equals(".")) {
                components.add(component);
            }
        }
        return components;
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash <= 0 ? "/" : path.substring(0, slash);
    }
}
