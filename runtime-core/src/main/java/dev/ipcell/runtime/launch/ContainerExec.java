// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.cgroup.InitCgroup;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.state.ContainerLookup;
import dev.ipcell.runtime.state.FoundContainer;
import dev.ipcell.runtime.state.StoredContainer;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.ChildFacts;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.ContainerStatus;
import dev.ipcell.spec.Fragment;
import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.Linux;
import dev.ipcell.spec.Namespace;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.Process;
import dev.ipcell.spec.Spec;
import dev.ipcell.spec.SpecDocument;
import dev.ipcell.spec.SpecReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Runs one more process in a container (runc's {@code exec}; runtime-spec leaves it out). */
public final class ContainerExec {
    private static final int CONFIG_LIMIT = 8 << 20;
    private static final int PASSWD_LIMIT = 1 << 20;

    private final Executor executor;
    private final ExecOptions options;
    private final Slots slots = new Slots();

    /** An exec by this executor. */
    public ContainerExec(Executor executor, ExecOptions options) {
        this.executor = executor;
        this.options = options;
    }

    /**
     * Runs the process; afterwards the executor has ended or goes on alone.
     *
     * @throws Failure if the container is not in the state for it, or the process is refused
     * @throws PlanFailedException if an operation failed; everything is undone
     */
    public void run() throws Failure, PlanFailedException, IOException {
        executor.sealAfterNext();
        FoundContainer container = new ContainerLookup(executor, options.stateRoot(), slots).find(options.id());
        if (container.isStopped()) {
            throw new Failure("cannot exec in a stopped container: \"" + options.id() + "\"");
        }
        if (container.status() == ContainerStatus.PAUSED && !options.ignorePaused()) {
            throw new Failure(
                    "cannot exec in a paused container (use --ignore-paused to override): \"" + options.id() + "\"");
        }
        Conversation conversation = new Conversation(executor, false, options.fault());
        ExecPlan plan = plan(conversation, container);
        if (plan.needsPid()) {
            ChildFacts child = ChildFacts.decode(conversation.run(plan.start()).value(plan.cloneStep()));
            conversation.finish(plan.exec(child), plan.last());
        } else {
            Program all = plan.start();
            for (Step step : plan.exec(new ChildFacts(0, 0)).steps()) {
                all.add(step);
            }
            conversation.finish(all, plan.last());
        }
    }

    private ExecPlan plan(Conversation conversation, FoundContainer container)
            throws Failure, PlanFailedException, IOException {
        Program program = new Program();
        String config = container.directory() + "/" + StoredContainer.CONFIG;
        Step readConfig =
                program.add("the container's configuration", new FileOp.ReadFile(Slot.CWD, config, CONFIG_LIMIT, 0));
        String path = options.processFile();
        Step readProcess =
                path == null ? null : program.add("--process", new FileOp.ReadFile(Slot.CWD, path, CONFIG_LIMIT, 0));
        Slot root = slots.open("root");
        String origin = "the container's root";
        String proc = "/proc/" + container.stored().state().pid() + "/root";
        program.add(origin, new FileOp.OpenFd(root, Slot.CWD, proc, Kernel.O_PATH | Kernel.O_DIRECTORY, 0, 0));
        Step passwd = program.add(Step.optional(
                "the user's home", new FileOp.ReadFile(root, "etc/passwd", PASSWD_LIMIT, Kernel.RESOLVE_IN_ROOT)));
        InitCgroup init = InitCgroup.look(
                program,
                container.stored().cgroups(),
                container.stored().state().pid());
        BatchResult result = conversation.run(program);
        SpecDocument document = spec(result.value(readConfig));
        Spec spec = document.spec();
        Process own = Objects.requireNonNull(spec.process(), "process");
        Fragment<Process> file = readProcess == null ? null : process(result.value(readProcess));
        Process process = file == null ? ExecProcess.derive(own, options.changes()) : file.value();
        TerminalRules.check(process.terminal(), options.consoleSocket() != null, !options.detach());
        String home = Passwd.home(
                new String(result.value(passwd), StandardCharsets.UTF_8),
                process.user().uid());
        SeccompPlan seccomp = seccomp(conversation, document);
        ConfinementPlan confinement = confinement(conversation, ExecProcess.confinement(own, process, options));
        Grantable grantable = Grantable.of(conversation.hello(), hasUserNamespace(spec));
        warn(conversation, process, file, grantable);
        return new ExecPlan(
                options,
                container,
                spec,
                process,
                grantable,
                home,
                seccomp,
                confinement,
                init.below(result),
                streams(conversation, process, spec.linux()),
                slots);
    }

    private List<Step> streams(Conversation conversation, Process process, @Nullable Linux linux)
            throws PlanFailedException, IOException {
        Program look = new Program();
        StreamPlan streams = StreamPlan.look(look, slots, conversation.hello(), process, linux);
        Program given = new Program();
        if (streams != null) {
            streams.give(conversation.run(look), given);
        }
        return given.steps();
    }

    private static boolean hasUserNamespace(Spec spec) {
        Linux linux = spec.linux();
        if (linux != null) {
            for (Namespace namespace : linux.namespaces()) {
                if (namespace.type() == NamespaceType.USER) {
                    return true;
                }
            }
        }
        return false;
    }

    private void warn(Conversation conversation, Process process, @Nullable Fragment<Process> file, Grantable grantable)
            throws PlanFailedException, IOException {
        Warnings warnings = new Warnings();
        if (file == null) {
            String place = options.changes().capabilities().isEmpty()
                    ? Launch.at("/process/capabilities")
                    : Launch.at("/process/capabilities and --cap");
            warnings.missing(place, process.capabilities(), grantable);
        } else {
            String document = options.processFile() + " ";
            warnings.add(document, file.warnings())
                    .missing(document + "/capabilities", process.capabilities(), grantable);
        }
        Program program = new Program();
        warnings.tell(program, options.log());
        if (!program.steps().isEmpty()) {
            conversation.run(program);
        }
    }

    /** The container's own filter is for this process too. */
    private @Nullable SeccompPlan seccomp(Conversation conversation, SpecDocument document)
            throws Failure, PlanFailedException, IOException {
        Linux linux = document.spec().linux();
        SeccompPlan seccomp = SeccompPlan.of(
                linux == null ? null : linux.seccomp(),
                document.positions(),
                conversation.hello(),
                options.stateRoot(),
                slots);
        if (seccomp != null) {
            Program program = new Program();
            seccomp.lookUp(program);
            seccomp.resolve(conversation.run(program), document.positions());
        }
        return seccomp;
    }

    private static @Nullable ConfinementPlan confinement(
            Conversation conversation, @Nullable ConfinementPlan confinement)
            throws Failure, PlanFailedException, IOException {
        if (confinement == null) {
            return null;
        }
        Program program = new Program();
        confinement.lookUp(program);
        List<String> lines = new ArrayList<>();
        for (ConfinementPlan.Missing missing : confinement.missing(conversation.run(program))) {
            lines.add(missing.wanted().origin() + ": " + missing.message());
        }
        if (!lines.isEmpty()) {
            throw new Failure(1, lines);
        }
        return confinement;
    }

    private static SpecDocument spec(byte[] config) throws Failure {
        try {
            return SpecReader.read(config);
        } catch (InvalidSpecException invalid) {
            throw new Failure("the container's configuration is damaged: " + invalid.getMessage());
        }
    }

    private Fragment<Process> process(byte[] json) throws Failure {
        try {
            return SpecReader.readProcess(json);
        } catch (InvalidSpecException invalid) {
            List<String> lines = new ArrayList<>();
            for (Problem problem : invalid.problems()) {
                lines.add(options.processFile() + " " + problem.render());
            }
            throw new Failure(1, lines);
        }
    }
}
