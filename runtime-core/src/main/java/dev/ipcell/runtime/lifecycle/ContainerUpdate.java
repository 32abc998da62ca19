// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.lifecycle;

import dev.ipcell.runtime.cgroup.CgroupFile;
import dev.ipcell.runtime.cgroup.ContainerCgroups;
import dev.ipcell.runtime.cgroup.Controllers;
import dev.ipcell.runtime.cgroup.ResourceOrigin;
import dev.ipcell.runtime.cgroup.ResourcePlan;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.scope.Systemd;
import dev.ipcell.runtime.state.ContainerLookup;
import dev.ipcell.runtime.state.FoundContainer;
import dev.ipcell.runtime.state.RdtGroup;
import dev.ipcell.runtime.state.StoredScope;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Op;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.Fragment;
import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.Resources;
import dev.ipcell.spec.SpecReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Changes the limits of a container that is there. */
public final class ContainerUpdate {
    private static final int O_WRONLY = 1;
    private static final int LIMIT = 1 << 20;
    private static final String STDIN = "/proc/self/fd/0";
    private static final String SCHEMATA_OPTIONS = "--l3-cache-schema, --mem-bw-schema";

    private final Executor executor;
    private final String stateRoot;
    private final Slots slots = new Slots();

    /** An update by this executor. */
    public ContainerUpdate(Executor executor, String stateRoot) {
        this.executor = executor;
        this.stateRoot = stateRoot;
    }

    /**
     * Reads resources from a file, or from standard input if it is called {@code -}.
     *
     * @throws PlanFailedException if it cannot be read
     */
    public byte[] read(String file) throws PlanFailedException, IOException {
        Program program = new Program();
        Step read =
                program.add("--resources", new FileOp.ReadFile(Slot.CWD, file.equals("-") ? STDIN : file, LIMIT, 0));
        return executor.run(Batch.of(program)).value(read);
    }

    /**
     * Changes the limits, all or none, and ends the call.
     *
     * @param json the resources, as in config.json
     * @param options by the place in it, the option that a limit came from; empty for a document that the caller wrote
     * @param schemata lines for the container's class in resctrl
     * @throws Failure if they are wrong or cannot be had, or the container has stopped
     */
    public void update(String id, byte[] json, Map<String, String> options, List<String> schemata)
            throws Failure, PlanFailedException, IOException {
        FoundContainer container = new ContainerLookup(executor, stateRoot, slots).lock(id);
        if (container.isStopped()) {
            throw new Failure("container not running: \"" + id + "\"");
        }
        Fragment<Resources> resources = parse(json, options);
        ContainerCgroups cgroups = new ContainerCgroups(container.stored().cgroups());
        Controllers controllers = controllers(executor, cgroups);
        Map<String, String> present =
                texts(executor, ResourcePlan.presentFiles(resources.value(), controllers), cgroups);
        ResourcePlan plan = ResourcePlan.forUpdate(
                resources.value(),
                new ResourceOrigin("--resources", "", resources.positions(), options),
                controllers,
                present);
        refuse(plan.problems(), options);
        Op[] former = schemataUndo(container, schemata);
        Program program = new Program();
        plan.addUndo(program, cgroups, texts(executor, plan.written(), cgroups), former);
        plan.add(program, cgroups);
        schemata(program, container, schemata);
        StoredScope scope = container.stored().scope();
        if (scope == null) {
            carryOut(program, plan, options);
        } else {
            // The kernel is asked first: it knows what cannot be, and systemd passes over that.
            try (Systemd systemd = Systemd.connect(executor.hello(), scope.user())) {
                carryOut(program, plan, options);
                tell(systemd, scope, plan);
            }
        }
        Program last = new Program();
        last.add("the limits stay", new ProcessOp.Commit());
        last.add("the end", new ProcessOp.Exit(0));
        executor.finish(last);
    }

    private void tell(Systemd systemd, StoredScope scope, ResourcePlan plan)
            throws Failure, PlanFailedException, IOException {
        try {
            systemd.update(scope.unit(), plan.values());
        } catch (Failure refused) {
            unwind();
            throw refused;
        }
    }

    private void unwind() throws PlanFailedException, IOException {
        Program back = new Program();
        back.add("clean-up", new ProcessOp.Unwind());
        executor.run(Batch.of(back));
    }

    private void carryOut(Program program, ResourcePlan plan, Map<String, String> options)
            throws Failure, PlanFailedException, IOException {
        List<Problem> failures = plan.failures(executor.run(Batch.of(program)));
        if (!failures.isEmpty()) {
            unwind();
            refuse(failures, options);
        }
    }

    /** What gives the container's class its present lines again. */
    private Op[] schemataUndo(FoundContainer container, List<String> schemata)
            throws Failure, PlanFailedException, IOException {
        if (schemata.isEmpty()) {
            return new Op[0];
        }
        String file = rdt(container).directory() + RdtGroup.SCHEMATA;
        Program program = new Program();
        Step read = program.add(SCHEMATA_OPTIONS, new FileOp.ReadFile(Slot.CWD, file, LIMIT, 0));
        byte[] present = executor.run(Batch.of(program)).value(read);
        return new Op[] {new FileOp.WriteFile(Slot.CWD, file, O_WRONLY, 0, 0, present)};
    }

    private static void schemata(Program program, FoundContainer container, List<String> schemata) throws Failure {
        if (!schemata.isEmpty()) {
            byte[] text = (String.join("\n", schemata) + "\n").getBytes(StandardCharsets.UTF_8);
            String file = rdt(container).directory() + RdtGroup.SCHEMATA;
            program.add(SCHEMATA_OPTIONS, new FileOp.WriteFile(Slot.CWD, file, O_WRONLY, 0, 0, text));
        }
    }

    private static RdtGroup rdt(FoundContainer container) throws Failure {
        RdtGroup group = container.stored().rdt();
        if (group == null) {
            throw new Failure("--l3-cache-schema and --mem-bw-schema need a container that was configured with"
                    + " linux.intelRdt; this one is in the class of its caller");
        }
        return group;
    }

    private static Fragment<Resources> parse(byte[] json, Map<String, String> options) throws Failure {
        try {
            return SpecReader.readResources(json);
        } catch (InvalidSpecException invalid) {
            throw new Failure(1, lines(invalid.problems(), options));
        }
    }

    private static void refuse(List<Problem> problems, Map<String, String> options) throws Failure {
        if (!problems.isEmpty()) {
            throw new Failure(1, lines(problems, options));
        }
    }

    private static List<String> lines(List<Problem> problems, Map<String, String> options) {
        List<String> lines = new ArrayList<>(problems.size());
        for (Problem problem : problems) {
            String option = options.get(problem.pointer());
            lines.add(option == null ? "--resources " + problem.render() : option + ": " + problem.message());
        }
        return lines;
    }

    /** What the container's cgroups offer. */
    static Controllers controllers(Executor executor, ContainerCgroups cgroups)
            throws PlanFailedException, IOException {
        String file = Controllers.file(cgroups.layout());
        @Nullable String text = null;
        if (file != null) {
            Program program = new Program();
            Step read = program.add(Step.optional("cgroups", new FileOp.ReadFile(Slot.CWD, file, LIMIT, 0)));
            text = new String(executor.run(Batch.of(program)).value(read), StandardCharsets.UTF_8);
        }
        return Controllers.of(cgroups.layout(), text == null ? "" : text);
    }

    /** By name, the text of each file that can be read. */
    static Map<String, String> texts(Executor executor, List<CgroupFile> files, ContainerCgroups cgroups)
            throws PlanFailedException, IOException {
        Program program = new Program();
        List<Step> steps = new ArrayList<>(files.size());
        for (CgroupFile file : files) {
            steps.add(program.add(file.read(cgroups)));
        }
        Map<String, String> texts = new HashMap<>();
        if (files.isEmpty()) {
            return texts;
        }
        BatchResult result = executor.run(Batch.of(program));
        for (int i = 0; i < files.size(); i++) {
            if (result.errno(steps.get(i)) == 0) {
                texts.put(files.get(i).name(), new String(result.value(steps.get(i)), StandardCharsets.UTF_8));
            }
        }
        return texts;
    }
}
