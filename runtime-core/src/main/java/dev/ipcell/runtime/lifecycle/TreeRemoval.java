// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.lifecycle;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.PathOp;
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

/**
 * Takes away a directory that a container with enough privileges could write to, whatever it put there. Each step is by descriptor, and
 * no link is followed.
 */
final class TreeRemoval {
    private static final String ORIGIN = "clean-up";
    private static final int DEEPEST = 8;
    private static final int MOST = 1000;
    private static final int O_DIRECTORY = 0x10000;
    private static final int O_NOFOLLOW = 0x20000;

    private final Executor executor;
    private final Slots slots;
    private int files;

    TreeRemoval(Executor executor, Slots slots) {
        this.executor = executor;
        this.slots = slots;
    }

    /** Removes it, if it is there. */
    void remove(String directory) throws Failure, PlanFailedException, IOException {
        remove(Slot.CWD, directory, directory, 0);
    }

    private void remove(Slot base, String name, String path, int depth)
            throws Failure, PlanFailedException, IOException {
        if (depth == DEEPEST) {
            throw tooMuch(path);
        }
        Slot slot = slots.open("leftovers");
        Program look = new Program();
        Step open = look.add(
                Step.optional(ORIGIN, new DescriptorOp.OpenFd(slot, base, name, O_DIRECTORY | O_NOFOLLOW, 0, 0)));
        Step list = look.add(Step.optional(ORIGIN, new ContainerOp.ListDir(slot, ".", 0)));
        BatchResult found = executor.run(Batch.of(look));
        if (found.errno(open) == Errno.ENOENT) {
            return;
        }
        for (String inner : unlink(slot, new String(found.value(list), StandardCharsets.UTF_8), path)) {
            remove(slot, inner, path + "/" + inner, depth + 1);
        }
        Program last = new Program();
        last.add(ORIGIN, new PathOp.RemoveDir(base, name, 0));
        executor.run(Batch.of(last));
    }

    /** Removes the files; what is left are directories. */
    private List<String> unlink(Slot directory, String list, String path)
            throws Failure, PlanFailedException, IOException {
        List<String> names = new ArrayList<>();
        List<Step> steps = new ArrayList<>();
        Program program = new Program();
        for (int start = 0, end; (end = list.indexOf('\0', start)) >= 0; start = end + 1) {
            names.add(list.substring(start, end));
            steps.add(program.add(Step.optional(ORIGIN, new PathOp.RemoveFile(directory, names.getLast()))));
            if (++files > MOST) {
                throw tooMuch(path);
            }
        }
        BatchResult result = executor.run(Batch.of(program));
        List<String> directories = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            if (result.errno(steps.get(i)) != 0) {
                directories.add(names.get(i));
            }
        }
        return directories;
    }

    private static Failure tooMuch(String path) {
        return new Failure("clean-up: the container left too much in " + path + "; remove it by hand");
    }
}
