// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What cases depend on: the version of cgroups that has a controller, files of the kernel, and whether the caller has a capability. */
final class MachineFacts {
    private MachineFacts() {}

    /** Whether a condition such as {@code v1 memory}, {@code lacks /sys/x} or {@code cap 24} holds. */
    static boolean holds(String condition) throws IOException {
        String[] words = condition.split(" ", 2);
        return switch (words[0]) {
            case "debian", "shared" -> true;
            case "v1" -> version1(words[1]);
            case "v2" -> version2(words[1]);
            case "none" -> !version1(words[1]) && !version2(words[1]);
            case "has" -> Files.exists(Path.of(words[1]));
            case "lacks" -> !Files.exists(Path.of(words[1]));
            case "cap" -> capability(Integer.parseInt(words[1]));
            case "nocap" -> !capability(Integer.parseInt(words[1]));
            default -> throw new IllegalArgumentException(condition);
        };
    }

    private static boolean version1(String controller) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
            String[] fields = line.split(" ", -1);
            if (fields[2].equals("cgroup") && List.of(fields[3].split(",", -1)).contains(controller)) {
                return true;
            }
        }
        return false;
    }

    private static boolean version2(String controller) throws IOException {
        String name = controller.equals("blkio") ? "io" : controller;
        for (String place : List.of("/sys/fs/cgroup", "/sys/fs/cgroup/unified")) {
            Path file = Path.of(place, "cgroup.controllers");
            if (Files.exists(file)
                    && List.of(Files.readString(file).strip().split(" ", -1)).contains(name)) {
                return true;
            }
        }
        return false;
    }

    private static boolean capability(int number) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("CapEff:")) {
                return (Long.parseUnsignedLong(line.substring(8).strip(), 16) >>> number & 1) == 1;
            }
        }
        return false;
    }
}
