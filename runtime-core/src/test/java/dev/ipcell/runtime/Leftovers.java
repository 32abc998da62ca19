// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Looks for what a container may have left on the machine: processes, mounts, cgroups, state, namespaces. */
final class Leftovers {
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private Leftovers() {}

    /**
     * Asserts that nothing of the container is left. What a killed executor leaves is taken away by its guardian, which takes a moment.
     */
    static void assertNone(TestBundle bundle) throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        List<String> left = of(bundle);
        while (!left.isEmpty() && System.nanoTime() < end) {
            Thread.sleep(5);
            left = of(bundle);
        }
        assertThat(left).as("left behind by " + bundle.id()).isEmpty();
    }

    /** True while an executor or a guardian is at work for this bundle; a container's own process has another name. */
    static boolean hasHelpers(TestBundle bundle) throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            return all.anyMatch(process -> read(process.resolve("cmdline")).contains(bundle.id())
                    && !read(process.resolve("comm")).startsWith("ipcell:init"));
        }
    }

    /** The same for calls that this planner serves; a sealed executor has no arguments to know it by. */
    static boolean hasHelpers(WarmPlanner planner) throws IOException {
        String socket = "IPCELL_PLANNER=" + planner.socket();
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            return all.anyMatch(process -> read(process.resolve("environ")).contains(socket)
                    && !List.of("ipcell:init\n", "java\n").contains(read(process.resolve("comm"))));
        }
    }

    private static List<String> of(TestBundle bundle) throws IOException {
        List<String> left = new ArrayList<>();
        processes(bundle, left);
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            if (line.contains(bundle.directory().toString())) {
                left.add("mount " + line);
            }
        }
        cgroups(bundle, left);
        if (Files.exists(bundle.root().resolve(bundle.id()))) {
            left.add("state " + bundle.root().resolve(bundle.id()));
        }
        return left;
    }

    /** The executor and its guardian name the bundle in their arguments; the container's processes are in its cgroups or namespaces. */
    private static void processes(TestBundle bundle, List<String> left) throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            for (Path process : (Iterable<Path>) all::iterator) {
                if (!Character.isDigit(process.getFileName().toString().charAt(0))) {
                    continue;
                }
                String command = read(process.resolve("cmdline"));
                if (command.contains(bundle.id())
                        || read(process.resolve("mountinfo")).contains(bundle.id())) {
                    left.add("process " + process.getFileName() + " " + command.replace('\0', ' '));
                }
            }
        }
    }

    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), UTF_8);
        } catch (IOException gone) {
            return "";
        }
    }

    private static void cgroups(TestBundle bundle, List<String> left) throws IOException {
        Files.walkFileTree(Path.of("/sys/fs/cgroup"), new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                if (directory.getFileName().toString().contains(bundle.id())) {
                    left.add("cgroup " + directory);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException gone) {
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
