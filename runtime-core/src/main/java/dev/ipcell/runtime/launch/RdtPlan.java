// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.state.RdtGroup;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Op;
import dev.ipcell.shim.PathOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.IntelRdt;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.SourceMap;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The container's share of cache and memory bandwidth (runtime-spec, config-linux.md, "IntelRdt"; the kernel's resctrl.rst). */
final class RdtPlan {
    private static final String POINTER = "/linux/intelRdt";
    private static final int MODE = 0755;
    private static final int SCHEMATA_LIMIT = 1 << 16;

    private final IntelRdt rdt;
    private final @Nullable String mountPoint;
    private final RdtGroup group;
    private final Step schemata;
    private boolean exists;

    private RdtPlan(IntelRdt rdt, String id, @Nullable String mountPoint) {
        this.rdt = rdt;
        this.mountPoint = mountPoint;
        String name = rdt.closId() == null || rdt.closId().isEmpty() ? "" : rdt.closId();
        String directory = mountPoint + (name.equals("/") ? "" : "/" + (name.isEmpty() ? id : name));
        String monitoring = rdt.enableMonitoring() ? directory + "/mon_groups/" + id : null;
        this.group = new RdtGroup(directory, monitoring, name.isEmpty());
        this.schemata = Step.optional(
                Launch.at(POINTER), new FileOp.ReadFile(Slot.CWD, directory + RdtGroup.SCHEMATA, SCHEMATA_LIMIT, 0));
    }

    /**
     * The plan, or null if nothing is configured.
     *
     * @param mountinfo of the caller, which tells where resctrl is
     */
    static @Nullable RdtPlan of(@Nullable IntelRdt rdt, String id, String mountinfo) {
        return rdt == null ? null : new RdtPlan(rdt, id, mountPoint(mountinfo));
    }

    private static @Nullable String mountPoint(String mountinfo) {
        for (String line : mountinfo.split("\n", -1)) {
            if (line.contains(" - resctrl ")) {
                return line.split(" ", -1)[4];
            }
        }
        return null;
    }

    /** Asks whether the class is there already, and what it may use. */
    void lookUp(Program program) {
        if (mountPoint != null) {
            program.add(schemata);
        }
    }

    /** What of it cannot be had. */
    List<Problem> problems(BatchResult result, SourceMap positions) {
        List<Problem> problems = new ArrayList<>();
        if (mountPoint == null) {
            problems.add(positions.problem(
                    POINTER, "needs resctrl, which is not mounted; mount -t resctrl resctrl /sys/fs/resctrl"));
            return problems;
        }
        String present = new String(result.value(schemata), StandardCharsets.UTF_8);
        exists = !present.isEmpty(); // every class has some
        if (!exists && !group.isOwn() && lines().isEmpty()) {
            problems.add(positions.problem(
                    POINTER + "/closID",
                    "there is no class of service " + group.directory() + ", and no schema to make it from"));
        }
        if (exists && !group.isOwn()) {
            differs("/l3CacheSchema", rdt.l3CacheSchema(), present, positions, problems);
            differs("/memBwSchema", rdt.memBwSchema(), present, positions, problems);
        }
        return problems;
    }

    /** A class that others may be in already is not changed behind their backs. */
    private void differs(
            String field, @Nullable String schema, String present, SourceMap positions, List<Problem> problems) {
        if (schema != null && !schema.isEmpty() && !RdtSchema.isMet(schema, present)) {
            problems.add(positions.problem(
                    POINTER + field, "is not what " + group.directory() + RdtGroup.SCHEMATA + " of that class has"));
        }
    }

    /** The lines for the schemata file: the two old fields first, as the specification has it. */
    private List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (String line : new String[] {rdt.l3CacheSchema(), rdt.memBwSchema()}) {
            if (line != null && !line.isEmpty()) {
                lines.add(line);
            }
        }
        lines.addAll(rdt.schemata());
        return lines;
    }

    /** Makes the groups that are missing; a class with a name of its own stays, whoever made it. */
    void make(Program parent) {
        if (!exists) {
            Op[] undo = group.isOwn() ? new Op[] {new PathOp.RemoveDir(Slot.CWD, group.directory(), 0)} : new Op[0];
            parent.add(Launch.at(POINTER + "/closID"), new PathOp.MakeDir(Slot.CWD, group.directory(), MODE, 0), undo);
        }
        List<String> lines = lines();
        if (!lines.isEmpty()) {
            parent.add(Launch.at(POINTER), write(group, lines));
        }
        String monitoring = group.monitoring();
        if (monitoring != null) {
            parent.add(
                    Launch.at(POINTER + "/enableMonitoring"),
                    new PathOp.MakeDir(Slot.CWD, monitoring, MODE, 0),
                    new PathOp.RemoveDir(Slot.CWD, monitoring, 0));
        }
    }

    /** The kernel takes whole lines only. */
    static FileOp write(RdtGroup group, List<String> lines) {
        byte[] text = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
        return new FileOp.WriteFile(Slot.CWD, group.directory() + RdtGroup.SCHEMATA, Kernel.O_WRONLY, 0, 0, text);
    }

    /** Puts a process, which has no others yet, into the groups; the class first, or the kernel refuses the monitoring group. */
    static void enter(Program parent, RdtGroup group, Slot process) {
        String origin = Launch.at(POINTER);
        String tasks = group.directory() + RdtGroup.TASKS;
        parent.add(origin, new FileOp.WritePid(process, Slot.CWD, tasks, Kernel.O_WRONLY, 0));
        if (group.monitoring() != null) {
            String monitored = group.monitoring() + RdtGroup.TASKS;
            parent.add(origin, new FileOp.WritePid(process, Slot.CWD, monitored, Kernel.O_WRONLY, 0));
        }
    }

    RdtGroup group() {
        return group;
    }
}
