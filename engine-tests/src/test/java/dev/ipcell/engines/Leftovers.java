// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Looks for what an engine and its containers may have left on the machine: all of it is named by one mark, the kit's directory. */
final class Leftovers {
    private static final long PATIENCE_NANOS = 10_000_000_000L;
    private static final long CALL_PATIENCE_NANOS = 2_000_000_000L;
    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");

    private Leftovers() {}

    /** Asserts that no process, mount, socket or cgroup names the mark; what the engine's shims let go of late has a moment. */
    static void assertNone(String mark) throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        List<String> left = of(mark);
        while (!left.isEmpty() && System.nanoTime() < end) {
            Thread.sleep(50);
            left = of(mark);
        }
        assertThat(left).as("left behind by " + mark).isEmpty();
    }

    /** The processes, mounts, sockets and cgroups that name the mark. */
    static List<String> of(String mark) throws IOException {
        List<String> left = new ArrayList<>();
        for (ProcessHandle process : processes(mark)) {
            left.add("process " + process.pid() + " "
                    + process.info().commandLine().orElse(""));
        }
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            if (line.contains(mark)) {
                left.add("mount " + line);
            }
        }
        for (String line : Files.readAllLines(Path.of("/proc/net/unix"))) {
            if (line.contains(mark)) {
                left.add("socket " + line);
            }
        }
        for (Path cgroup : cgroups(mark)) {
            left.add("cgroup " + cgroup);
        }
        return left;
    }

    /** The processes that name the mark in their arguments, mounts or cgroups; not this one. */
    static List<ProcessHandle> processes(String mark) throws IOException {
        List<ProcessHandle> found = new ArrayList<>();
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            for (Path process : (Iterable<Path>) all::iterator) {
                String name = process.getFileName().toString();
                if (Character.isDigit(name.charAt(0))
                        && Long.parseLong(name) != ProcessHandle.current().pid()
                        && (read(process.resolve("cmdline")).contains(mark)
                                || read(process.resolve("cgroup")).contains(mark))) {
                    ProcessHandle.of(Long.parseLong(name)).ifPresent(found::add);
                }
            }
        }
        return found;
    }

    /** A step that ends so many milliseconds after the runtime is called so, by whom the mark names; it is not waited for for ever. */
    static Kit.Step called(String mark, String runtime, String command, int millis) {
        return () -> {
            long end = System.nanoTime() + CALL_PATIENCE_NANOS;
            while (System.nanoTime() < end && !isCalled(mark, runtime, command)) {
                Thread.sleep(2);
            }
            Thread.sleep(millis);
        };
    }

    /** True while a runtime is called so; a container's process that it made may have its words still, but has a name of its own. */
    static boolean isCalled(String mark, String runtime, String command) throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            return all.filter(process ->
                            Character.isDigit(process.getFileName().toString().charAt(0))
                                    && !read(process.resolve("comm")).startsWith("ipcell:"))
                    .map(process -> read(process.resolve("cmdline")))
                    .anyMatch(words -> words.contains(mark)
                            && words.contains("\0" + command + "\0")
                            && words.substring(0, words.indexOf('\0')).endsWith(runtime));
        }
    }

    /** Where a shim of containerd listens: nothing in the name tells whose it is, but it can be worked out of that. */
    static Path shimSocket(Path containerd, String namespace, String id) {
        try {
            byte[] name = (containerd + "/" + namespace + "/" + id).getBytes(UTF_8);
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(name);
            return Path.of("/run/containerd/s", HexFormat.of().formatHex(hash));
        } catch (NoSuchAlgorithmException everyJavaHasIt) {
            throw new IllegalStateException(everyJavaHasIt);
        }
    }

    /** What is in a directory, if there is one; compiled seccomp filters may stay. */
    static List<Path> in(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(path -> !path.endsWith("@seccomp")).toList();
        }
    }

    /**
     * A containerd's bundles that have this file: {@code address} once there is a shim, {@code runtime} once it is asked for a create. Not those
     * that containerd has hidden to remove them; when it is killed meanwhile, it does not look at them again.
     */
    static List<Path> bundles(Path directory, String file) throws IOException {
        return in(directory).stream()
                .filter(bundle -> !bundle.getFileName().toString().startsWith("."))
                .filter(bundle -> Files.exists(bundle.resolve(file)))
                .toList();
    }

    /** The processes that are in a cgroup whose path ends so. */
    static List<String> inCgroup(String end) throws IOException {
        List<String> found = new ArrayList<>();
        for (ProcessHandle process : processes(end)) {
            String of = read(Path.of("/proc", Long.toString(process.pid()), "cgroup"));
            if (of.lines().anyMatch(line -> line.endsWith(end))) {
                found.add(process.pid() + " " + process.info().commandLine().orElse(""));
            }
        }
        return found;
    }

    /** The cgroups that name the mark, the deepest first. */
    static List<Path> cgroups(String mark) throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(CGROUPS, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                if (directory.toString().contains(mark)) {
                    found.addFirst(directory);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException gone) {
                return FileVisitResult.CONTINUE;
            }
        });
        return found;
    }

    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), UTF_8);
        } catch (IOException gone) {
            return "";
        }
    }
}
