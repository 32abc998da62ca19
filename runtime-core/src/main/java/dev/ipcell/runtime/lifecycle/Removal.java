// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.lifecycle;

import dev.ipcell.runtime.cgroup.Cgroup;
import dev.ipcell.runtime.state.RdtGroup;
import dev.ipcell.runtime.state.StoredContainer;
import dev.ipcell.shim.CgroupOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.PathOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The operations that take away what a container leaves: its cgroups and its state. */
final class Removal {
    private static final String ORIGIN = "clean-up";
    private static final int O_WRONLY = 1;

    /** How long a cgroup may stay busy after its last process was killed. */
    private static final int BUSY_MILLIS = 10_000;

    private static final List<String> WRITTEN = List.of(StoredContainer.FILE, StoredContainer.CONFIG);

    private Removal() {}

    /** Lets those in these directories of version 1 go on: what stands still there cannot die. */
    static void thaw(Program program, List<String> directories) {
        for (String directory : directories) {
            program.add(Step.optional(ORIGIN, write(directory + "/freezer.state", "THAWED")));
        }
    }

    /** Lets processes go on that stand still; without effect if they do not. */
    static void thaw(Program program, StoredContainer stored) {
        for (Cgroup cgroup : stored.cgroups()) {
            if (cgroup.unified()) {
                program.add(Step.optional(ORIGIN, write(cgroup.directory() + "/cgroup.freeze", "0")));
            } else if (cgroup.controllers().contains("freezer")) {
                program.add(Step.optional(ORIGIN, write(cgroup.directory() + "/freezer.state", "THAWED")));
            }
        }
    }

    private static FileOp.WriteFile write(String file, String text) {
        return new FileOp.WriteFile(Slot.CWD, file, O_WRONLY, 0, 0, text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Kills whatever is left in the container's cgroups. */
    static void processes(Program program, StoredContainer stored) {
        for (Cgroup cgroup : stored.cgroups()) {
            program.add(ORIGIN, new CgroupOp.KillCgroup(Slot.CWD, cgroup.directory(), BUSY_MILLIS, 0));
        }
    }

    /** Kills whatever is left in the container's cgroups and removes them. */
    static void cgroups(Program program, StoredContainer stored) {
        for (Cgroup cgroup : stored.cgroups()) {
            program.add(
                    ORIGIN,
                    new CgroupOp.KillCgroup(Slot.CWD, cgroup.directory(), BUSY_MILLIS, CgroupOp.KillCgroup.REMOVE));
        }
    }

    /** Removes what was made for the container alone in resctrl; what is left in there goes to the default class. */
    static void rdt(Program program, StoredContainer stored) {
        RdtGroup group = stored.rdt();
        if (group != null && group.monitoring() != null) {
            program.add(ORIGIN, new PathOp.RemoveDir(Slot.CWD, group.monitoring(), 0));
        }
        if (group != null && group.isOwn()) {
            program.add(ORIGIN, new PathOp.RemoveDir(Slot.CWD, group.directory(), 0));
        }
    }

    /** Removes what a launch was writing when it was killed together with its guardian. */
    static void unfinished(Program program, Slot locked) {
        for (String file : WRITTEN) {
            program.add(ORIGIN, new PathOp.RemoveFile(locked, StoredContainer.unfinished(file)));
        }
    }

    /**
     * Removes the container's state; what tells that there is a container goes first.
     *
     * @param locked its directory
     */
    static void state(Program program, Slot locked, String directory) {
        for (String file : WRITTEN) {
            program.add(ORIGIN, new PathOp.RemoveFile(locked, file));
        }
        program.add(ORIGIN, new PathOp.RemoveFile(locked, StoredContainer.FIFO));
        program.add(ORIGIN, new PathOp.RemoveDir(Slot.CWD, directory, 0));
    }
}
