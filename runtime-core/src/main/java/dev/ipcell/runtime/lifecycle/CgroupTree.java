// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.lifecycle;

import dev.ipcell.runtime.cgroup.Cgroup;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.linux.Errno;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A cgroup of a container with those that were made below it, by the container itself or for an {@code exec --cgroup}. */
final class CgroupTree {
    private CgroupTree() {}

    /**
     * The directories, the container's own first; none if it is gone.
     *
     * @param origin what asks for them
     * @throws Failure if they cannot be listed
     */
    static List<String> of(Executor executor, String origin, Cgroup cgroup)
            throws Failure, PlanFailedException, IOException {
        Program program = new Program();
        ContainerOp.ListDir list =
                new ContainerOp.ListDir(Slot.CWD, cgroup.directory(), ContainerOp.ListDir.DIRECTORIES_BELOW);
        Step step = program.add(Step.optional(origin, list));
        BatchResult result = executor.run(Batch.of(program));
        int errno = result.errno(step);
        List<String> directories = new ArrayList<>();
        if (errno == Errno.ENOENT) {
            return directories;
        }
        if (errno != 0) {
            throw new Failure(
                    origin + ": " + cgroup.directory() + ": " + Errno.text(errno) + " (" + Errno.name(errno) + ")");
        }
        directories.add(cgroup.directory());
        for (String path : new String(result.value(step), StandardCharsets.UTF_8).split("\0", -1)) {
            if (!path.isEmpty()) {
                directories.add(cgroup.directory() + "/" + path);
            }
        }
        return directories;
    }
}
