// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.lifecycle;

import dev.ipcell.runtime.cgroup.CgroupFile;
import dev.ipcell.runtime.cgroup.CgroupStats;
import dev.ipcell.runtime.cgroup.ContainerCgroups;
import dev.ipcell.runtime.cgroup.Controllers;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.state.ContainerLookup;
import dev.ipcell.runtime.state.FoundContainer;
import dev.ipcell.runtime.state.StoredContainer;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessFacts;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What a container uses, and when it ran out of memory, one JSON object a line. */
public final class ContainerEvents {
    private static final long OOM_LOOK_MILLIS = 250;

    private final Executor executor;
    private final String stateRoot;

    /** Events by this executor. */
    public ContainerEvents(Executor executor, String stateRoot) {
        this.executor = executor;
        this.stateRoot = stateRoot;
    }

    /** Prints the statistics once and ends the call. */
    public void once(String id) throws Failure, PlanFailedException, IOException {
        FoundContainer container = running(id);
        ContainerCgroups cgroups = new ContainerCgroups(container.stored().cgroups());
        Program program = new Program();
        program.add("the answer", stats(id, ContainerUpdate.controllers(executor, cgroups), cgroups));
        program.add("the end", new ProcessOp.Exit(0));
        executor.finish(program);
    }

    /**
     * Prints the statistics again and again until the container ends, and in between when it ran out of memory.
     *
     * @param intervalMillis between two statistics
     */
    public void follow(String id, long intervalMillis) throws Failure, PlanFailedException, IOException {
        FoundContainer container = running(id);
        ContainerCgroups cgroups = new ContainerCgroups(container.stored().cgroups());
        Controllers controllers = ContainerUpdate.controllers(executor, cgroups);
        OomCount count = new OomCount(container.stored().cgroups());
        long killed = count.read(executor);
        long due = System.currentTimeMillis();
        while (isThere(container)) {
            Program program = new Program();
            long now = count.read(executor);
            if (now > killed) {
                program.add(
                        "the event",
                        line(JsonObject.builder()
                                .put("type", "oom")
                                .put("id", id)
                                .build()));
            }
            killed = now;
            if (System.currentTimeMillis() >= due) {
                program.add("the statistics", stats(id, controllers, cgroups));
                due += intervalMillis;
            }
            executor.run(Batch.of(program));
            executor.renumber(); // It may go on for ever.
            sleep(Math.max(1, Math.min(OOM_LOOK_MILLIS, due - System.currentTimeMillis())));
        }
        Program last = new Program();
        last.add("the end", new ProcessOp.Exit(0));
        executor.finish(last);
    }

    private FoundContainer running(String id) throws Failure, PlanFailedException, IOException {
        FoundContainer container = new ContainerLookup(executor, stateRoot, new Slots()).find(id);
        if (container.isStopped()) {
            throw new Failure("container not running: \"" + id + "\"");
        }
        return container;
    }

    /** Another process may have its number by now. */
    private boolean isThere(FoundContainer container) throws PlanFailedException, IOException {
        StoredContainer stored = container.stored();
        Program program = new Program();
        Step open = program.add(Step.optional(
                "the container's process",
                new ContainerOp.OpenProcess(container.process(), stored.state().pid(), stored.startTime())));
        BatchResult result = executor.run(Batch.of(program));
        return result.errno(open) == 0
                && !ProcessFacts.decode(result.value(open)).hasEnded();
    }

    private FileOp.Output stats(String id, Controllers controllers, ContainerCgroups cgroups)
            throws PlanFailedException, IOException {
        List<CgroupFile> files = CgroupStats.files(controllers);
        return line(CgroupStats.event(id, controllers, ContainerUpdate.texts(executor, files, cgroups)));
    }

    private static FileOp.Output line(JsonObject event) {
        return new FileOp.Output(1, (JsonWriter.compact(event) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
