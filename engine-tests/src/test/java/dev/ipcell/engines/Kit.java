// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** A directory in which an engine keeps everything, and whose name marks everything the engine makes elsewhere. */
final class Kit {
    private static final long PATIENCE_NANOS = 30_000_000_000L;

    private final String name;
    private final Path directory;

    Kit(String engine) {
        name = "ipcell-" + engine + "-" + ProcessHandle.current().pid();
        directory = Path.of("/tmp", name);
    }

    /** A word that is in the names of all processes, mounts and cgroups of the engine. */
    String name() {
        return name;
    }

    Path directory() {
        return directory;
    }

    Path make() throws IOException {
        return Files.createDirectory(directory);
    }

    /** The address of a bus that nobody serves but a test: no engine here may reach the machine's. */
    static String bus(Path directory) {
        return "unix:path=" + directory.resolve("bus");
    }

    /** Starts a daemon that logs into a file of the directory. */
    Process start(List<String> command, String log) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve(log).toFile());
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        builder.environment().put("DBUS_SYSTEM_BUS_ADDRESS", bus(directory));
        return builder.start();
    }

    /** Waits until a daemon is ready; tells its log when it ends or takes too long. */
    void await(String log, Process daemon, Callable<Boolean> ready) throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!is(ready)) {
            if (!daemon.isAlive() || System.nanoTime() > end) {
                throw new IllegalStateException("not ready: " + Files.readString(directory.resolve(log)));
            }
            Thread.sleep(50);
        }
    }

    /** Waits until something holds. */
    static void await(String what, Callable<Boolean> holds) throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!is(holds)) {
            if (System.nanoTime() > end) {
                throw new AssertionError("not in time: " + what);
            }
            Thread.sleep(50);
        }
    }

    /** Waits until a containerd has taken away all bundles for which a runtime was called; tells its log when that takes too long. */
    void awaitNoBundles(Path bundles, String log) throws IOException, InterruptedException {
        try {
            await("no bundles", () -> Leftovers.bundles(bundles, "runtime").isEmpty());
        } catch (AssertionError late) {
            String told = Files.readString(directory.resolve(log));
            throw new AssertionError(Leftovers.bundles(bundles, "runtime") + " stays: " + told, late);
        }
    }

    private static boolean is(Callable<Boolean> ready) throws IOException, InterruptedException {
        try {
            return ready.call();
        } catch (IOException | InterruptedException | RuntimeException expected) {
            throw expected;
        } catch (Exception unexpected) {
            throw new IllegalStateException(unexpected);
        }
    }

    /** A call of an engine. */
    interface Step {
        void run() throws IOException, InterruptedException;
    }

    /** Calls the client, kills the engine at a moment of that call, and lets it start again. */
    static void interrupt(Step call, Step moment, Step kill, Step start) throws IOException, InterruptedException {
        Thread client = Thread.ofPlatform().start(() -> {
            try {
                call.run();
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        moment.run();
        kill.run();
        client.join();
        start.run();
    }

    Call call(Map<String, String> environment, String... command) throws IOException, InterruptedException {
        return Call.of(environment, List.of(command));
    }

    /** Kills all shims of containerd, whatever they look after. */
    void endShims() throws IOException {
        for (ProcessHandle process : Leftovers.processes(name)) {
            if (process.info().command().orElse("").contains("/containerd-shim")) {
                process.destroyForcibly();
            }
        }
    }

    /** Asserts that nothing is left but the directory, takes away what is all the same, and the directory. */
    void close() throws IOException, InterruptedException {
        try {
            removeParents();
            Leftovers.assertNone(name);
        } finally {
            force();
        }
    }

    /** The cgroup above those of the containers is the engine's own, and no runtime removes what it was given. */
    private void removeParents() throws IOException {
        for (Path cgroup : Leftovers.cgroups(name)) {
            if (cgroup.endsWith(name)) {
                boolean gone = cgroup.toFile().delete();
                assert gone || Files.exists(cgroup);
            }
        }
    }

    /** Ends and removes everything by hand. */
    void force() throws IOException, InterruptedException {
        for (ProcessHandle process : Leftovers.processes(name)) {
            process.destroyForcibly();
            process.onExit()
                    .orTimeout(5, TimeUnit.SECONDS)
                    .exceptionally(late -> process)
                    .join();
        }
        List<String> mounts =
                Files.readAllLines(Path.of("/proc/self/mountinfo")).reversed();
        for (String mount : mounts) {
            if (mount.contains(" " + directory)) {
                Call.of(Map.of(), List.of("umount", "--lazy", mount.split(" ", -1)[4]));
            }
        }
        for (Path cgroup : Leftovers.cgroups(name)) {
            boolean gone = cgroup.toFile().delete();
            assert gone || Files.exists(cgroup);
        }
        removeTree();
    }

    private void removeTree() throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(
                    Path made, java.io.@org.jspecify.annotations.Nullable IOException e) throws IOException {
                Files.delete(made);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
