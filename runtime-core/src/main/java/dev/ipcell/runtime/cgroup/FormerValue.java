// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import org.jspecify.annotations.Nullable;

/** What has to be written to a file of a cgroup to take a write back; files are not always written as they read. */
final class FormerValue {
    private FormerValue() {}

    /**
     * The value, or null if the file does not tell it.
     *
     * @param file its name, such as {@code io.max}
     * @param written what is written to it
     * @param present its text before that
     */
    static @Nullable String of(String file, String written, String present) {
        String text = present.strip();
        int space = written.indexOf(' ');
        String key = space < 0 ? "default " : written.substring(0, space + 1);
        for (String line : text.split("\n", -1)) {
            if (line.startsWith(key)) {
                return line;
            }
            if (file.equals("memory.oom_control") && line.startsWith("oom_kill_disable ")) {
                return line.substring(line.indexOf(' ') + 1);
            }
        }
        if (space >= 0 && isByDevice(file)) {
            return key + unlimited(file);
        }
        // The kernel takes an empty line, where it would take no write of nothing.
        return text.indexOf('\n') >= 0 || isOnlyRead(file) ? null : text.isEmpty() ? "\n" : text;
    }

    /** True if it has a line for each device that differs from the others. */
    private static boolean isByDevice(String file) {
        return file.startsWith("io.") || file.startsWith("blkio.") || file.equals("rdma.max");
    }

    private static String unlimited(String file) {
        return switch (file) {
            case "io.max" -> "rbps=max wbps=max riops=max wiops=max";
            case "rdma.max" -> "hca_handle=max hca_object=max";
            default -> file.startsWith("blkio.throttle.") ? "0" : "default";
        };
    }

    /** True if what it shows is not what it takes: changes of a list, or a trigger. */
    private static boolean isOnlyRead(String file) {
        return file.equals("cgroup.subtree_control") || file.endsWith(".pressure");
    }
}
