// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.lifecycle;

import dev.ipcell.runtime.cgroup.Cgroup;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.state.ContainerLookup;
import dev.ipcell.runtime.state.FoundContainer;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.linux.Errno;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Which processes a container has. */
public final class ContainerProcesses {
    private static final int LIMIT = 4 << 20;

    private final Executor executor;
    private final String stateRoot;

    /** A look by this executor. */
    public ContainerProcesses(Executor executor, String stateRoot) {
        this.executor = executor;
        this.stateRoot = stateRoot;
    }

    /** Their numbers as the caller sees them, also of those in cgroups below the container's own. */
    public List<Integer> list(String id) throws Failure, PlanFailedException, IOException {
        FoundContainer container = new ContainerLookup(executor, stateRoot, new Slots()).find(id);
        List<Cgroup> cgroups = container.stored().cgroups();
        if (cgroups.isEmpty()) {
            return container.isStopped()
                    ? List.of()
                    : List.of(container.stored().state().pid());
        }
        Program program = new Program();
        List<Step> reads = new ArrayList<>();
        for (String directory : CgroupTree.of(executor, "ps", cgroups.getLast())) {
            String file = directory + "/cgroup.procs";
            reads.add(program.add(Step.optional("ps", new FileOp.ReadFile(Slot.CWD, file, LIMIT, 0))));
        }
        BatchResult result = executor.run(Batch.of(program));
        // A process that moves meanwhile may be seen twice.
        TreeSet<Integer> pids = new TreeSet<>();
        for (Step read : reads) {
            int errno = result.errno(read);
            // A cgroup may be gone by now, and what is in a threaded one is listed by the one above it (cgroup-v2.rst,
            // "Threads").
            if (errno != 0 && errno != Errno.ENOENT && errno != Errno.ENODEV && errno != Errno.EOPNOTSUPP) {
                throw new Failure(
                        "ps: " + read.op().describe() + ": " + Errno.text(errno) + " (" + Errno.name(errno) + ")");
            }
            for (String line : new String(result.value(read), StandardCharsets.UTF_8).split("\n", -1)) {
                if (!line.isEmpty()) {
                    pids.add(Integer.parseInt(line));
                }
            }
        }
        return List.copyOf(pids);
    }
}
