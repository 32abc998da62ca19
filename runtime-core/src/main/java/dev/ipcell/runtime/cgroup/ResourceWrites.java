// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.spec.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects what the resources come to: writes in their order, and what cannot be done. */
final class ResourceWrites {
    private final ResourceOrigin origin;
    private final Controllers controllers;
    private final @Nullable Map<String, String> present;
    private final List<Write> writes = new ArrayList<>();
    private final List<Problem> problems = new ArrayList<>();
    private final List<Problem> warnings = new ArrayList<>();
    private final List<String> needed = new ArrayList<>();

    /** How much a write matters. */
    enum Weight {
        /** It must succeed. */
        MUST,
        /** It may fail, because one that must succeed comes later. */
        TRY,
        /** The file may be missing, since the value is what a kernel without it does anyway; it may not fail otherwise. */
        IF_THERE,
        /** At least one of the writes with this pointer and weight must succeed. */
        ONE_OF
    }

    /**
     * One write.
     *
     * @param pointer what asks for it, within the resources
     */
    record Write(CgroupFile file, String pointer, String value, Weight weight) {}

    /** @param present texts of the cgroup's files if it is in use already; null for a new one */
    ResourceWrites(ResourceOrigin origin, Controllers controllers, @Nullable Map<String, String> present) {
        this.origin = origin;
        this.controllers = controllers;
        this.present = present;
    }

    void write(Hierarchy hierarchy, String file, String pointer, String value) {
        write(hierarchy, file, pointer, value, Weight.MUST);
    }

    void write(Hierarchy hierarchy, String file, String pointer, String value, Weight weight) {
        writes.add(new Write(new CgroupFile(hierarchy, file), pointer, value, weight));
    }

    void refuse(String pointer, String message) {
        problems.add(origin.problem(pointer, message));
    }

    void warn(String pointer, String message) {
        warnings.add(origin.problem(pointer, message));
    }

    /** The hierarchy of a controller that {@code pointer} cannot do without, or null and a problem. */
    @Nullable
    Hierarchy home(String controller, String pointer) {
        Hierarchy home = controllers.home(controller);
        if (home == null) {
            String name = controller.equals("io") ? "io (blkio)" : controller;
            refuse(pointer, "needs the " + name + " controller, which no mounted cgroup hierarchy has");
        } else if (home.unified()) {
            need(controller);
        }
        return home;
    }

    /**
     * The hierarchy of a controller.
     *
     * @param asks false if the value is what a machine without this controller does anyway; then there may be none, and the write has
     *     {@link Weight#IF_THERE}
     */
    @Nullable
    Hierarchy home(String controller, String pointer, boolean asks) {
        return asks ? home(controller, pointer) : controllers.home(controller);
    }

    static Weight weight(boolean asks) {
        return asks ? Weight.MUST : Weight.IF_THERE;
    }

    /** A controller must be handed down to the container's cgroup in the unified hierarchy. */
    void need(String controller) {
        if (!needed.contains(controller)) {
            needed.add(controller);
        }
    }

    Controllers controllers() {
        return controllers;
    }

    /** True if the cgroup is in use already. */
    boolean updating() {
        return present != null;
    }

    /** The text of a file as it is now, or null if the cgroup is new or has no such file. */
    @Nullable
    String present(String file) {
        String text = present == null ? null : present.get(file);
        return text == null ? null : text.strip();
    }

    ResourceOrigin origin() {
        return origin;
    }

    List<Write> writes() {
        return writes;
    }

    List<Problem> problems() {
        return problems;
    }

    List<Problem> warnings() {
        return warnings;
    }

    List<String> needed() {
        return needed;
    }
}
