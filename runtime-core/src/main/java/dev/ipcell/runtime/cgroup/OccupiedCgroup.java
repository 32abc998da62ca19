// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Whether somebody has what is to become a new container's cgroup. Two containers in one share limits, and the end of one kills the other;
 * in a frozen one the container's first process would never get to run.
 */
public final class OccupiedCgroup {
    private static final int LIMIT = 1 << 20;
    private static final String ORIGIN = "the container's cgroup";

    private final Step state;
    private final Step processes;
    private final Step condition;

    private OccupiedCgroup(Step state, Step processes, Step condition) {
        this.state = state;
        this.processes = processes;
        this.condition = condition;
    }

    /**
     * Adds the operations that look.
     *
     * @param state the directory of the container's state, which is there if the ID itself is taken
     * @return null if there are no cgroups
     */
    public static @Nullable OccupiedCgroup look(
            Program program, CgroupLayout layout, CgroupDirectories directories, String state) {
        Hierarchy version1 = layout.version1("freezer");
        Hierarchy hierarchy = version1 == null ? layout.unified() : version1;
        if (hierarchy == null) {
            return null;
        }
        String directory = directories.directory(hierarchy);
        return new OccupiedCgroup(
                program.add(Step.optional(ORIGIN, new FileOp.Stat(Slot.CWD, state, 0))),
                program.add(read(directory + "/cgroup.procs")),
                program.add(read(directory + (version1 == null ? "/cgroup.events" : "/freezer.state"))));
    }

    private static Step read(String file) {
        return Step.optional(ORIGIN, new FileOp.ReadFile(Slot.CWD, file, LIMIT, 0));
    }

    /** What keeps the container from getting it, or null. Of a container that is there already, its ID is the better thing to tell. */
    public @Nullable String problem(BatchResult seen) {
        if (seen.errno(state) == 0) {
            return null;
        }
        int found = text(seen, processes).split("\n", -1).length - 1;
        if (found > 0) {
            return "container's cgroup is not empty: " + found + " process(es) found";
        }
        String told = text(seen, condition);
        if (told.contains("populated 1")) {
            return "container's cgroup is not empty: process(es) found in cgroups below it";
        }
        boolean isFrozen = told.startsWith("FROZEN") || told.startsWith("FREEZING") || told.contains("frozen 1");
        return isFrozen ? "container's cgroup unexpectedly frozen; thaw or remove it" : null;
    }

    private static String text(BatchResult seen, Step step) {
        return seen.errno(step) == 0 ? new String(seen.value(step), StandardCharsets.UTF_8) : "";
    }
}
