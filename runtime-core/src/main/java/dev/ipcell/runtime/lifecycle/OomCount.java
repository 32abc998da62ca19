// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.lifecycle;

import dev.ipcell.runtime.cgroup.Cgroup;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How often the kernel has killed a process of the container for want of memory (cgroup-v1/memory.rst, cgroup-v2.rst). Version 2 counts
 * for a cgroup what happened below it; in version 1 each counts for itself.
 */
final class OomCount {
    private static final String KEY = "oom_kill ";
    private static final String ORIGIN = "events";
    private static final int LIMIT = 1 << 16;

    private final @Nullable Cgroup cgroup;

    OomCount(List<Cgroup> cgroups) {
        Cgroup found = null;
        for (Cgroup candidate : cgroups) {
            if (candidate.controllers().contains("memory") || (candidate.unified() && found == null)) {
                found = candidate;
            }
        }
        cgroup = found;
    }

    /** The count; 0 if nothing counts. It is less than before when a cgroup below is gone. */
    long read(Executor executor) throws Failure, PlanFailedException, IOException {
        if (cgroup == null) {
            return 0;
        }
        String name = cgroup.unified() ? "/memory.events" : "/memory.oom_control";
        List<String> directories =
                cgroup.unified() ? List.of(cgroup.directory()) : CgroupTree.of(executor, ORIGIN, cgroup);
        Program program = new Program();
        List<Step> reads = new ArrayList<>();
        for (String directory : directories) {
            FileOp read = new FileOp.ReadFile(Slot.CWD, directory + name, LIMIT, 0);
            reads.add(program.add(Step.optional(ORIGIN, read)));
        }
        BatchResult result = executor.run(Batch.of(program));
        long count = 0;
        for (Step read : reads) {
            count += count(new String(result.value(read), StandardCharsets.UTF_8));
        }
        return count;
    }

    private static long count(String text) {
        for (String line : text.split("\n", -1)) {
            if (line.startsWith(KEY)) {
                return Long.parseLong(line.substring(KEY.length()).strip());
            }
        }
        return 0;
    }
}
