// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Op;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.linux.Errno;
import dev.ipcell.spec.BlockIo;
import dev.ipcell.spec.Cpu;
import dev.ipcell.spec.Memory;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.Resources;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Resources of a container, but for its devices, as writes to the files of its cgroup (runtime-spec, config-linux.md, "Control groups").
 *
 * <p>What the kernel or the machine's hierarchies cannot do is a problem, and then there is no plan; but a resource that asks for nothing,
 * or for no limit, is no problem where nothing could limit it.
 */
public final class ResourcePlan {
    private static final int O_WRONLY = 1;

    private final ResourceWrites compiled;
    private final List<Attempt> attempts = new ArrayList<>();

    /** A write that may fail in some way. */
    private record Attempt(ResourceWrites.Write write, Step step) {}

    private ResourcePlan(ResourceWrites compiled) {
        this.compiled = compiled;
    }

    /**
     * The plan for a new cgroup.
     *
     * @param resources null for none: then controllers are handed down all the same
     */
    public static ResourcePlan forNew(@Nullable Resources resources, ResourceOrigin origin, Controllers controllers) {
        return compile(resources, new ResourceWrites(origin, controllers, null));
    }

    /**
     * The plan for a cgroup that is in use.
     *
     * @param present by name, the text of each file of {@link #presentFiles} that could be read
     */
    public static ResourcePlan forUpdate(
            Resources resources, ResourceOrigin origin, Controllers controllers, Map<String, String> present) {
        return compile(resources, new ResourceWrites(origin, controllers, present));
    }

    /** The files whose present text an update depends on; mostly none. */
    public static List<CgroupFile> presentFiles(Resources resources, Controllers controllers) {
        List<CgroupFile> files = new ArrayList<>();
        Memory memory = resources.memory();
        Hierarchy memoryHome = controllers.home("memory");
        if (memory != null && memoryHome != null && memoryHome.unified() && MemoryResources.wantsPresent(memory)) {
            files.add(new CgroupFile(memoryHome, "memory.max"));
            files.add(new CgroupFile(memoryHome, "memory.current"));
        }
        Cpu cpu = resources.cpu();
        Hierarchy cpuHome = controllers.home("cpu");
        if (cpu != null && cpuHome != null && cpuHome.unified() && CpuResources.wantsPresent(cpu)) {
            files.add(new CgroupFile(cpuHome, "cpu.max"));
        }
        return files;
    }

    private static ResourcePlan compile(@Nullable Resources resources, ResourceWrites out) {
        if (resources != null) {
            Memory memory = resources.memory();
            if (memory != null) {
                MemoryResources.compile(memory, out);
            }
            Cpu cpu = resources.cpu();
            if (cpu != null) {
                CpuResources.compile(cpu, out);
            }
            BlockIo blockIo = resources.blockIo();
            if (blockIo != null) {
                BlockIoResources.compile(blockIo, out);
            }
            OtherResources.compile(resources, out);
        }
        return new ResourcePlan(out);
    }

    /** What cannot be done; if there is anything, {@link #add} must not be called. */
    public List<Problem> problems() {
        return compiled.problems();
    }

    /** What is passed over, and why. */
    public List<Problem> warnings() {
        return compiled.warnings();
    }

    /** The files whose present texts {@link #addUndo} needs. */
    public List<CgroupFile> written() {
        return new ResourceUndo(compiled.writes()).files();
    }

    /**
     * Adds the guardian and what takes an update back, all of it, should it not be committed; it goes before {@link #add}.
     *
     * @param texts by name, the text of each file of {@link #written} that could be read
     * @param more to be undone likewise
     */
    public void addUndo(Program program, CgroupDirectories directories, Map<String, String> texts, Op... more) {
        new ResourceUndo(compiled.writes())
                .add(program, directories, texts, compiled.origin().label(""), more);
    }

    /** What is written, for who has it done by somebody else too. */
    public List<CgroupValue> values() {
        List<CgroupValue> values = new ArrayList<>();
        for (ResourceWrites.Write write : compiled.writes()) {
            values.add(new CgroupValue(write.file().name(), write.value(), write.pointer()));
        }
        return values;
    }

    /** Adds the writes to a program, which has made the cgroup before. */
    public void add(Program program, CgroupDirectories directories) {
        if (!problems().isEmpty()) {
            throw new IllegalStateException("resources that cannot be had: " + problems());
        }
        ResourceOrigin origin = compiled.origin();
        compiled.controllers().enable(program, directories, compiled.needed(), origin.label(""));
        for (ResourceWrites.Write write : compiled.writes()) {
            byte[] data = write.value().getBytes(StandardCharsets.UTF_8);
            String path = write.file().path(directories);
            FileOp op = new FileOp.WriteFile(Slot.CWD, path, O_WRONLY, 0, 0, data);
            if (write.weight() == ResourceWrites.Weight.MUST) {
                program.add(origin.label(write.pointer()), op);
            } else {
                attempts.add(new Attempt(write, program.add(Step.optional(origin.label(write.pointer()), op))));
            }
        }
    }

    /**
     * What only shows once the program of {@link #add} has run: resources for which the kernel had none of several files, or a file that
     * may be missing but did not take the value. Then the container must not be started.
     */
    public List<Problem> failures(BatchResult result) {
        List<Problem> failures = new ArrayList<>();
        for (int i = 0; i < attempts.size(); i++) {
            ResourceWrites.Write write = attempts.get(i).write();
            int errno = result.errno(attempts.get(i).step());
            if (write.weight() == ResourceWrites.Weight.IF_THERE && errno != 0 && errno != Errno.ENOENT) {
                failures.add(failure(write, text(write, errno)));
            } else if (write.weight() == ResourceWrites.Weight.ONE_OF && isFirst(i) && errno != 0) {
                String all = allFailed(result, i);
                if (all != null) {
                    failures.add(failure(write, all));
                }
            }
        }
        return failures;
    }

    private boolean isFirst(int index) {
        return index == 0
                || !attempts.get(index - 1)
                        .write()
                        .pointer()
                        .equals(attempts.get(index).write().pointer());
    }

    /** Why none of the writes with the pointer of the first was taken, or null if one was. */
    private @Nullable String allFailed(BatchResult result, int first) {
        String pointer = attempts.get(first).write().pointer();
        StringBuilder why = new StringBuilder();
        for (int i = first; i < attempts.size(); i++) {
            ResourceWrites.Write write = attempts.get(i).write();
            if (!write.pointer().equals(pointer)) {
                break;
            }
            int errno = result.errno(attempts.get(i).step());
            if (errno == 0) {
                return null;
            }
            why.append(why.isEmpty() ? "" : ", and ").append(text(write, errno));
        }
        return why.toString();
    }

    private static String text(ResourceWrites.Write write, int errno) {
        return "write \"" + write.value() + "\" to " + write.file().name() + ": " + Errno.text(errno) + " ("
                + Errno.name(errno) + ")";
    }

    private Problem failure(ResourceWrites.Write write, String message) {
        return compiled.origin().problem(write.pointer(), message);
    }
}
