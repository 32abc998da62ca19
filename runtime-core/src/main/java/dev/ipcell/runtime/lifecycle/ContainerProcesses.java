// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.lifecycle;

import dev.ipcell.runtime.cgroup.Cgroup;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.state.ContainerLookup;
import dev.ipcell.runtime.state.FoundContainer;
import dev.ipcell.shim.Batch;
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

    /** Their numbers as the caller sees them, without those of cgroups that the container made below its own. */
    public List<Integer> list(String id) throws Failure, PlanFailedException, IOException {
        FoundContainer container = new ContainerLookup(executor, stateRoot, new Slots()).find(id);
        List<Cgroup> cgroups = container.stored().cgroups();
        List<Integer> pids = new ArrayList<>();
        if (cgroups.isEmpty()) {
            if (!container.isStopped()) {
                pids.add(container.stored().state().pid());
            }
            return pids;
        }
        Program program = new Program();
        String file = cgroups.getLast().directory() + "/cgroup.procs";
        Step read = program.add(Step.optional("ps", new FileOp.ReadFile(Slot.CWD, file, LIMIT, 0)));
        var result = executor.run(Batch.of(program));
        if (result.errno(read) != 0 && result.errno(read) != Errno.ENOENT) {
            throw new Failure("ps: " + file + ": " + Errno.text(result.errno(read)));
        }
        for (String line : new String(result.value(read), StandardCharsets.UTF_8).split("\n", -1)) {
            if (!line.isEmpty()) {
                pids.add(Integer.parseInt(line));
            }
        }
        return pids;
    }
}
