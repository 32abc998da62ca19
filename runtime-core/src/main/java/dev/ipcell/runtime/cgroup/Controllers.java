// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which hierarchy has a controller: a version 1 one or else, if the kernel offers it there, the unified one. So one rule serves version 1,
 * a hybrid of both, and pure version 2. Controllers go by their version 2 names.
 */
public final class Controllers {
    private static final int O_WRONLY = 1;

    private final CgroupLayout layout;
    private final List<String> available;

    private Controllers(CgroupLayout layout, List<String> available) {
        this.layout = layout;
        this.available = available;
    }

    /** The file whose text {@link #of} takes, or null if there is no unified hierarchy. */
    public static @Nullable String file(CgroupLayout layout) {
        Hierarchy unified = layout.unified();
        return unified == null ? null : unified.mountPoint() + "/cgroup.controllers";
    }

    /**
     * The controllers of a machine.
     *
     * @param text of {@link #file}; empty if there is no such file
     */
    public static Controllers of(CgroupLayout layout, String text) {
        List<String> available = new ArrayList<>();
        for (String word : text.strip().split(" ", -1)) {
            if (!word.isEmpty()) {
                available.add(word);
            }
        }
        return new Controllers(layout, List.copyOf(available));
    }

    /** The machine's hierarchies. */
    public CgroupLayout layout() {
        return layout;
    }

    /** True if the unified hierarchy offers it. */
    boolean isAvailable(String controller) {
        return available.contains(controller);
    }

    /** The hierarchy that has this controller, or null if none has. */
    @Nullable
    Hierarchy home(String controller) {
        Hierarchy version1 = version1(controller);
        if (version1 != null) {
            return version1;
        }
        return isAvailable(controller) ? layout.unified() : null;
    }

    /** The version 1 hierarchy of this controller, if there is one. */
    @Nullable
    Hierarchy version1(String controller) {
        return layout.version1(controller.equals("io") ? "blkio" : controller);
    }

    /**
     * Hands controllers down the unified hierarchy, from its mount point to the parent of the container's cgroup. Those that are needed
     * must be handed down; on a purely unified machine the others are too if that works, for statistics and later updates.
     */
    void enable(Program program, CgroupDirectories directories, List<String> needed, String origin) {
        Hierarchy unified = layout.unified();
        if (unified == null) {
            return;
        }
        List<String> others = new ArrayList<>();
        if (layout.isUnifiedOnly()) {
            others.addAll(available);
            others.removeAll(needed);
        }
        String directory = directories.directory(unified);
        int end = unified.mountPoint().length();
        while (end >= 0 && end < directory.length()) {
            String level = directory.substring(0, end);
            if (!needed.isEmpty()) {
                program.add(origin, write(level, needed));
            }
            if (!others.isEmpty()) {
                program.add(Step.optional("the other cgroup controllers", write(level, others)));
            }
            end = directory.indexOf('/', end + 1);
        }
    }

    private static FileOp write(String directory, List<String> controllers) {
        StringBuilder text = new StringBuilder();
        for (String controller : controllers) {
            text.append(text.isEmpty() ? "+" : " +").append(controller);
        }
        byte[] data = text.toString().getBytes(StandardCharsets.UTF_8);
        return new FileOp.WriteFile(Slot.CWD, directory + "/cgroup.subtree_control", O_WRONLY, 0, 0, data);
    }
}
