// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.Fragment;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A cgroup of this machine below this JVM's own, in some hierarchies, made and removed by a real executor: whatever is done to it is taken
 * back when that is told to go.
 */
final class RealCgroup implements AutoCloseable {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final int PATIENCE_SECONDS = 60;

    private final TestExecutor executor;
    private final CgroupOps ops;
    private final Controllers controllers;
    private final Slots slots = new Slots();
    private final List<Process> processes = new ArrayList<>();

    /** A process that was run there. */
    record Ended(int exit, String output) {}

    RealCgroup(Controllers controllers) throws IOException, PlanFailedException {
        this.controllers = controllers;
        String id = "ipcell-test-resources-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
        ops = new CgroupOps(controllers.layout(), new CgroupPath(null, id), null);
        executor = new TestExecutor();
        Program program = new Program();
        ops.make(program);
        run(program);
    }

    /**
     * This machine, but only in the hierarchies that have these controllers; {@code unified} stands for the unified hierarchy, whatever
     * controllers are elsewhere.
     */
    static Controllers machine(String... names) throws IOException {
        CgroupLayout layout = CgroupLayout.parse(
                Files.readString(Path.of("/proc/self/mountinfo")), Files.readString(Path.of("/proc/self/cgroup")));
        String file = layout.isUnifiedOnly() ? Controllers.file(layout) : null;
        Set<Hierarchy> chosen = new LinkedHashSet<>();
        for (String name : names) {
            Hierarchy version1 = layout.version1(name);
            chosen.add(Objects.requireNonNull(version1 == null ? layout.unified() : version1, name));
        }
        return Controllers.of(
                new CgroupLayout(List.copyOf(chosen)), file == null ? "" : Files.readString(Path.of(file)));
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
        return executor.run(program);
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

    /** The present text of one of its files, which the two versions call differently. */
    String read(String version1, String version2) throws IOException {
        return Files.readString(directory().resolve(isUnified() ? version2 : version1))
                .strip();
    }

    /** True if it is in the unified hierarchy. */
    boolean isUnified() {
        return layout().hierarchies().getFirst().unified();
    }

    /** Its directory in the first of its hierarchies. */
    Path directory() {
        return Path.of(ops.directory(layout().hierarchies().getFirst()));
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
        executor.close();
        for (Hierarchy hierarchy : layout().hierarchies()) {
            if (Files.exists(Path.of(ops.directory(hierarchy)))) {
                throw new IllegalStateException("left behind: " + ops.directory(hierarchy));
            }
        }
    }
}
