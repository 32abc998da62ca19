// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The SELinux label of new file systems (runtime-spec, config-linux.md, "Mount Label"); what is bound keeps its own. */
final class MountLabel {
    static final String POINTER = "/linux/mountLabel";
    private static final String PARAMETER = "context=";
    private static final List<String> NOT_BY_PARAMETER = List.of("proc", "sysfs", "mqueue");

    private MountLabel() {}

    /** The parameters of a new file system, with the label unless they name one. */
    static List<String> parameters(Launch launch, String type, List<String> parameters) {
        String label = label(launch);
        if (label == null || NOT_BY_PARAMETER.contains(type)) {
            return parameters;
        }
        for (String parameter : parameters) {
            if (parameter.startsWith(PARAMETER)) {
                return parameters;
            }
        }
        List<String> all = new ArrayList<>(parameters);
        all.add(PARAMETER + label);
        return all;
    }

    /**
     * All mounts of one IPC namespace's queues are one file system, which cannot have two contexts; so its directory is labelled. One that
     * somebody else mounted with a context cannot be, and stays as it is.
     */
    static void queues(Launch launch, Program program, Slot mqueue) {
        String label = label(launch);
        if (label != null) {
            byte[] value = label.getBytes(StandardCharsets.UTF_8);
            program.add(
                    Launch.at(POINTER),
                    new MountOp.SetXattr(mqueue, "security.selinux", value, MountOp.SetXattr.MAY_LACK));
        }
    }

    private static @Nullable String label(Launch launch) {
        String label = launch.linux().mountLabel();
        return label == null || label.isEmpty() ? null : label;
    }
}
