// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.cgroup.CgroupLayout;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Looks at the machine as the caller sees it: its mounts, and the cgroups that the caller is in. */
final class MachineLook implements Runnable {
    static final String MOUNTINFO = "/proc/self/mountinfo";
    private static final int LIMIT = 4 << 20;

    private final @Nullable Step mountinfo;
    private final Step membership;
    private final @Nullable PlannerMemory eyes;
    private final boolean exactly;
    private byte @Nullable [] own;

    /**
     * What was seen.
     *
     * @param bytes of both files
     * @param mountinfo the first as text
     * @param layout where the cgroups are
     */
    record Seen(byte[] bytes, String mountinfo, CgroupLayout layout) {
        boolean same(@Nullable Seen other) {
            return other != null && Arrays.equals(bytes, other.bytes);
        }
    }

    private MachineLook(@Nullable Step mountinfo, Step membership, @Nullable PlannerMemory eyes, boolean exactly) {
        this.mountinfo = mountinfo;
        this.membership = membership;
        this.eyes = eyes;
        this.exactly = exactly;
    }

    /** Looks at both through the executor's eyes. */
    static MachineLook at(Program program) {
        Step mountinfo = program.add("cgroups", new FileOp.ReadFile(Slot.CWD, MOUNTINFO, LIMIT, 0));
        return new MachineLook(mountinfo, membership(program), null, true);
    }

    /**
     * Leaves the mounts to {@link #run}, where this process sees what the caller does.
     *
     * @param exactly see {@link PlannerMemory#mounts}
     */
    static MachineLook shared(Program program, PlannerMemory memory, boolean exactly) {
        return new MachineLook(null, membership(program), memory, exactly);
    }

    private static Step membership(Program program) {
        return program.add("cgroups", new FileOp.ReadFile(Slot.CWD, "/proc/self/cgroup", LIMIT, 0));
    }

    /** Looks at the mounts, if that was left to this process; while the executor looks at the rest. */
    @Override
    public void run() {
        if (eyes == null) {
            return;
        }
        try {
            own = eyes.mounts(exactly);
        } catch (IOException unknown) {
            own = null;
        }
    }

    /**
     * Takes the answer; null if the mounts could not be looked at.
     *
     * @param memory gives back what was seen last if it is the same, and keeps what is new; null: there is none
     */
    @Nullable
    Seen seen(BatchResult result, @Nullable PlannerMemory memory) {
        byte[] mounts = mountinfo == null ? own : result.value(mountinfo);
        if (mounts == null) {
            return null;
        }
        byte[] cgroups = result.value(membership);
        byte[] bytes = Arrays.copyOf(mounts, mounts.length + cgroups.length);
        System.arraycopy(cgroups, 0, bytes, mounts.length, cgroups.length);
        Seen last = memory == null ? null : memory.machine();
        if (last != null && Arrays.equals(last.bytes(), bytes)) {
            return last;
        }
        String text = new String(mounts, StandardCharsets.UTF_8);
        Seen seen = new Seen(bytes, text, CgroupLayout.parse(text, new String(cgroups, StandardCharsets.UTF_8)));
        if (memory != null) {
            memory.machine(seen);
        }
        return seen;
    }
}
