// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ipcell.shim.Batch;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.SpawnedExecutor;
import dev.ipcell.shim.SpawnedExecutor.Stdio;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.Fragment;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A cgroup of this machine below this JVM's own, in some hierarchies, made and removed by a real executor: whatever is done to it is taken
 * back when that is told to go.
 */
final class RealCgroup implements AutoCloseable {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final int PATIENCE_SECONDS = 60;

    private final SpawnedExecutor spawned;
    private final Executor executor;
    private final CgroupOps ops;
    private final Controllers controllers;
    private final Slots slots = new Slots();
    private final List<Process> processes = new ArrayList<>();

    /** A process that was run there. */
    record Ended(int exit, String output) {}

    RealCgroup(Controllers controllers) throws IOException, PlanFailedException {
        this.controllers = controllers;
        String id = "ipcell-test-resources-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
        ops = new CgroupOps(controllers.layout(), new CgroupPath(null, id));
        spawned = SpawnedExecutor.start(
                Path.of(property("ipcell.executor.sanitized")),
                List.of(),
                Map.of(),
                Stdio.NULL,
                Stdio.INHERIT,
                Stdio.INHERIT);
        executor = new Executor(spawned.input(), spawned.output());
        Program program = new Program();
        ops.make(program);
        run(program);
    }

    private static String property(String name) {
        String value = System.getProperty(name);
        if (value == null || value.isEmpty()) {
            throw new IllegalStateException(name + " is not set: run the tests by make test");
        }
        return value;
    }

    /** This machine's controllers, but only in the hierarchies with these names, such as {@code memory} or {@code unified}. */
    static Controllers machine(String... names) throws IOException {
        CgroupLayout layout = CgroupLayout.parse(
                Files.readString(Path.of("/proc/self/mountinfo")), Files.readString(Path.of("/proc/self/cgroup")));
        List<Hierarchy> chosen = new ArrayList<>();
        for (Hierarchy hierarchy : layout.hierarchies()) {
            if (List.of(names).contains(hierarchy.unified() ? "unified" : hierarchy.directoryName())) {
                chosen.add(hierarchy);
            }
        }
        if (chosen.size() != names.length) {
            throw new IllegalStateException("this machine lacks one of " + List.of(names));
        }
        return Controllers.of(new CgroupLayout(List.copyOf(chosen)), "");
    }

    CgroupDirectories directories() {
        return ops;
    }

    CgroupLayout layout() {
        return controllers.layout();
    }

    Controllers controllers() {
        return controllers;
    }

    Slots slots() {
        return slots;
    }

    BatchResult run(Program program) throws IOException, PlanFailedException {
        return executor.run(Batch.of(program));
    }

    /** Limits it as a new container's. */
    void limit(String resources) throws IOException, PlanFailedException {
        Fragment<Resources> read = Layouts.resources(resources);
        apply(ResourcePlan.forNew(read.value(), Layouts.origin(read), controllers));
    }

    /** Limits it as {@code update} does. */
    void update(String resources) throws IOException, PlanFailedException {
        Fragment<Resources> read = Layouts.resources(resources);
        apply(ResourcePlan.forUpdate(
                read.value(),
                Layouts.origin(read),
                controllers,
                texts(ResourcePlan.presentFiles(read.value(), controllers))));
    }

    private void apply(ResourcePlan plan) throws IOException, PlanFailedException {
        Program program = new Program();
        plan.add(program, ops);
        List<Problem> failures = plan.failures(run(program));
        if (!failures.isEmpty()) {
            throw new IllegalStateException(failures.toString());
        }
    }

    /** The texts of those files that are there, as the executor reads them. */
    Map<String, String> texts(List<CgroupFile> files) throws IOException, PlanFailedException {
        Program program = new Program();
        List<Step> steps = new ArrayList<>();
        for (CgroupFile file : files) {
            steps.add(program.add(file.read(ops)));
        }
        BatchResult result = run(program);
        Map<String, String> texts = new HashMap<>();
        for (int i = 0; i < files.size(); i++) {
            if (result.errno(steps.get(i)) == 0) {
                texts.put(files.get(i).name(), new String(result.value(steps.get(i)), UTF_8));
            }
        }
        return texts;
    }

    /** The present text of one of its files. */
    String read(String hierarchy, String file) throws IOException {
        return Files.readString(directory(hierarchy).resolve(file)).strip();
    }

    Path directory(String hierarchy) {
        for (Hierarchy candidate : layout().hierarchies()) {
            if (hierarchy.equals(candidate.unified() ? "unified" : candidate.directoryName())) {
                return Path.of(ops.directory(candidate));
            }
        }
        throw new IllegalArgumentException(hierarchy);
    }

    /** Starts a shell that joins all its hierarchies and then runs the script. */
    Process start(String script) throws IOException {
        StringBuilder join = new StringBuilder();
        for (Hierarchy hierarchy : layout().hierarchies()) {
            join.append("echo 0 > ").append(ops.directory(hierarchy)).append("/cgroup.procs || exit 99; ");
        }
        Process process = new ProcessBuilder("/bin/sh", "-c", join + script)
                .redirectErrorStream(true)
                .start();
        processes.add(process);
        return process;
    }

    /** Runs such a shell to its end. */
    Ended shell(String script) throws IOException, InterruptedException {
        Process process = start(script);
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("hangs: " + script);
        }
        return new Ended(process.exitValue(), output);
    }

    @Override
    public void close() throws IOException {
        for (Process process : processes) {
            process.destroyForcibly();
        }
        Program end = new Program();
        end.add("a test", new ProcessOp.Unwind());
        end.add("a test", new ProcessOp.Exit(0));
        executor.finish(end);
        int exit = spawned.waitFor();
        spawned.close();
        if (exit != 0) {
            throw new IllegalStateException("the executor ended with " + exit);
        }
        for (Hierarchy hierarchy : layout().hierarchies()) {
            if (Files.exists(Path.of(ops.directory(hierarchy)))) {
                throw new IllegalStateException("left behind: " + ops.directory(hierarchy));
            }
        }
    }
}
