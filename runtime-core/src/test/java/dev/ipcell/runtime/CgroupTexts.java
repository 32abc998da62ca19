// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The cgroups of a test's container, as they are on this machine. */
final class CgroupTexts {
    private static final List<String> LIMITS = List.of(
            "pids.max",
            "memory.limit_in_bytes",
            "memory.memsw.limit_in_bytes",
            "memory.max",
            "memory.swap.max",
            "cpu.shares",
            "cpu.weight",
            "cpu.cfs_quota_us",
            "cpu.cfs_period_us",
            "cpu.cfs_burst_us",
            "cpu.max",
            "cpu.max.burst",
            "cpu.idle");

    private CgroupTexts() {}

    /** The container's own cgroup in each hierarchy. */
    static List<Path> directories(TestBundle bundle) throws IOException {
        List<Path> own = new ArrayList<>();
        Files.walkFileTree(Path.of("/sys/fs/cgroup"), new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                if (directory.endsWith(bundle.id())) {
                    own.add(directory);
                    return FileVisitResult.SKIP_SUBTREE;
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException gone) {
                return FileVisitResult.CONTINUE;
            }
        });
        return own;
    }

    /** By path, the text of each file that holds a limit. */
    static Map<String, String> of(TestBundle bundle) throws IOException {
        Map<String, String> texts = new TreeMap<>();
        for (Path directory : directories(bundle)) {
            for (String name : LIMITS) {
                if (Files.exists(directory.resolve(name))) {
                    texts.put(directory.resolve(name).toString(), Files.readString(directory.resolve(name)));
                }
            }
        }
        return texts;
    }

    /** Whether any of the cgroups has this file. */
    static boolean have(TestBundle bundle, String name) throws IOException {
        return directories(bundle).stream().anyMatch(directory -> Files.exists(directory.resolve(name)));
    }
}
