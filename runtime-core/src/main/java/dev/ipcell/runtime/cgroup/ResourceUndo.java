// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Op;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes an update of limits back, as a whole. Some limits may not pass others (memory and swap together, a quota and its burst), so the
 * order that fits depends on how far the update came. The former values fit together; writing all of them several times therefore ends
 * with all of them taken, whatever was refused on the way.
 */
final class ResourceUndo {
    private static final int O_WRONLY = 1;

    /** Three limits hang together at most: quota, period and burst. */
    private static final int PASSES_THAT_MAY_FAIL = 2;

    private final List<ResourceWrites.Write> writes;

    ResourceUndo(List<ResourceWrites.Write> writes) {
        this.writes = writes;
    }

    /** The files whose present texts {@link #add} needs. */
    List<CgroupFile> files() {
        LinkedHashMap<String, CgroupFile> files = new LinkedHashMap<>();
        for (ResourceWrites.Write write : writes) {
            CgroupFile file = write.file();
            files.put(file.name(), file);
            CgroupFile weight = weightBehind(file);
            if (weight != null) {
                files.put(weight.name(), weight);
            }
        }
        return List.copyOf(files.values());
    }

    /** The kernel forgets a group's weight while it is idle. */
    private static @Nullable CgroupFile weightBehind(CgroupFile file) {
        if (!file.name().equals("cpu.idle")) {
            return null;
        }
        return new CgroupFile(file.hierarchy(), file.hierarchy().unified() ? "cpu.weight" : "cpu.shares");
    }

    /** Adds the guardian and what it does should the update not be committed; it goes before the writes. */
    void add(Program program, CgroupDirectories directories, Map<String, String> texts, String origin, Op... more) {
        List<Op> pass = new ArrayList<>(List.of(more));
        LinkedHashMap<String, FileOp> values = new LinkedHashMap<>();
        for (ResourceWrites.Write write : writes) {
            String text = texts.get(write.file().name());
            String value = text == null ? null : FormerValue.of(write.file().name(), write.value(), text);
            if (value != null) {
                put(values, write.file(), value, directories);
                CgroupFile weight = weightBehind(write.file());
                String former = weight == null ? null : texts.get(weight.name());
                if (weight != null && former != null && value.equals("0")) {
                    put(values, weight, former.strip(), directories);
                }
            }
        }
        pass.addAll(values.values());
        program.add(origin, new ProcessOp.Guard());
        program.add(origin, FileOp.Stat.NOTHING, pass.toArray(new Op[0]));
        for (int i = 0; i < PASSES_THAT_MAY_FAIL; i++) {
            program.add(new Step(FileOp.Stat.NOTHING, origin, true, pass));
        }
    }

    private static void put(Map<String, FileOp> values, CgroupFile file, String value, CgroupDirectories directories) {
        String path = file.path(directories);
        byte[] data = value.getBytes(StandardCharsets.UTF_8);
        values.put(path + "\0" + value, new FileOp.WriteFile(Slot.CWD, path, O_WRONLY, 0, 0, data));
    }
}
