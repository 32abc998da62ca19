// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.state;

import dev.ipcell.runtime.cgroup.ContainerCgroups;
import dev.ipcell.runtime.cgroup.Freezer;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.ProcessFacts;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.ContainerStatus;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What is looked at for a container's status; nothing if it is of another boot, and so has stopped. */
final class StatusLook {
    private static final String ORIGIN = "the container's state";

    private final StoredContainer stored;
    private final String directory;
    private final Slot process;
    private final @Nullable Step open;
    private final @Nullable Step fifo;
    private final @Nullable Step frozen;

    /** @param directory the container's state directory */
    StatusLook(String directory, StoredContainer stored, boolean isThisBoot, Slot process, Program program) {
        this.stored = stored;
        this.directory = directory;
        this.process = process;
        if (!isThisBoot) {
            this.open = null;
            this.fifo = null;
            this.frozen = null;
            return;
        }
        this.open = program.add(Step.optional(
                ORIGIN, new ContainerOp.OpenProcess(process, stored.state().pid(), stored.startTime())));
        this.fifo = program.add(
                Step.optional(ORIGIN, new FileOp.Stat(Slot.CWD, directory + "/" + StoredContainer.FIFO, 0)));
        ContainerCgroups cgroups = new ContainerCgroups(stored.cgroups());
        Freezer freezer = Freezer.of(cgroups.layout(), cgroups);
        this.frozen = freezer == null ? null : program.add(freezer.file().read(cgroups));
    }

    FoundContainer found(BatchResult result, Slot lock) {
        return new FoundContainer(stored, status(result), directory, process, open != null, lock);
    }

    private ContainerStatus status(BatchResult result) {
        if (open == null
                || fifo == null
                || result.errno(open) != 0
                || ProcessFacts.decode(result.value(open)).hasEnded()) {
            return ContainerStatus.STOPPED;
        }
        if (frozen != null && Freezer.isPaused(new String(result.value(frozen), StandardCharsets.UTF_8))) {
            return ContainerStatus.PAUSED;
        }
        return result.errno(fifo) == 0 ? ContainerStatus.CREATED : ContainerStatus.RUNNING;
    }
}
