// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.state.ContainerLookup;
import dev.ipcell.runtime.state.FoundContainer;
import dev.ipcell.shim.ChildFacts;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.PlanFailure;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.linux.Errno;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Runs one more process in a container (runc's {@code exec}; runtime-spec leaves it out). */
public final class ContainerExec {
    private final Executor executor;
    private final ExecOptions options;
    private final @Nullable PlannerMemory memory;
    private final Slots slots = new Slots();

    /**
     * An exec by this executor.
     *
     * @param memory of other calls; null if there is none
     */
    public ContainerExec(Executor executor, ExecOptions options, @Nullable PlannerMemory memory) {
        this.executor = executor;
        this.options = options;
        this.memory = memory;
    }

    /**
     * Runs the process; afterwards the executor has ended or goes on alone.
     *
     * @throws Failure if the container is not in the state for it, or the process is refused
     * @throws PlanFailedException if an operation failed; everything is undone
     */
    public void run() throws Failure, PlanFailedException, IOException {
        Conversation conversation = new Conversation(executor, false, options.fault());
        ExecLook look = new ExecLook(conversation, options, slots);
        FoundContainer container = new ContainerLookup(executor, options.stateRoot(), slots).find(options.id(), look);
        if (container.isStopped()) {
            throw new Failure("cannot exec in a stopped container: \"" + options.id() + "\"");
        }
        if (container.status() == ContainerStatus.PAUSED && !options.ignorePaused()) {
            throw new Failure(
                    "cannot exec in a paused container (use --ignore-paused to override): \"" + options.id() + "\"");
        }
        ExecPlan plan = plan(conversation, container, look);
        try {
            carryOut(conversation, plan);
        } catch (PlanFailedException failed) {
            PlanFailure failure = failed.failure();
            if (plan.cloneStep().equals(failure.step()) && failure.errno() == Errno.EBUSY) {
                throw busy(plan);
            }
            throw failed;
        }
    }

    /** In runc's words, which name the file that it writes to. */
    private static Failure busy(ExecPlan plan) {
        String directory = "";
        for (Step step : plan.start().steps()) {
            if (step.op() instanceof DescriptorOp.OpenFd open && step.origin().equals("--cgroup")) {
                directory = open.path();
            }
        }
        return new Failure("--cgroup: adding pid of the new process to cgroups: " + directory
                + (directory.endsWith("/") ? "" : "/")
                + "cgroup.procs: device or resource busy (EBUSY); it hands controllers on to cgroups below it, where"
                + " processes can be");
    }

    private static void carryOut(Conversation conversation, ExecPlan plan) throws PlanFailedException, IOException {
        int caller = conversation.hello().pid();
        if (plan.needsPid()) {
            ChildFacts child = ChildFacts.decode(conversation.run(plan.start()).value(plan.cloneStep()));
            conversation.finish(plan.exec(child, caller), plan.last());
        } else {
            Program all = plan.start();
            for (Step step : plan.exec(new ChildFacts(0, 0), caller).steps()) {
                all.add(step);
            }
            conversation.finish(all, plan.last());
        }
    }

    private ExecPlan plan(Conversation conversation, FoundContainer container, ExecLook look)
            throws Failure, PlanFailedException, IOException {
        SpecDocument document = spec(look.config());
        Spec spec = document.spec();
        Process own = Objects.requireNonNull(spec.process(), "process");
        Fragment<Process> file = options.processFile() == null ? null : process(look.process());
        Process process = file == null ? ExecProcess.derive(own, options.changes()) : file.value();
        TerminalRules.check(process.terminal(), options.consoleSocket() != null, !options.detach());
        String home = Passwd.home(look.passwd(), process.user().uid());
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
                look.unifiedCgroup(),
                look.root(),
                streams(conversation, process, spec.linux()),
                TerminalPlan.endsLines(conversation.hello(), options.consoleSocket()),
                slots);
    }

    private List<Step> streams(Conversation conversation, Process process, @Nullable Linux linux)
            throws PlanFailedException, IOException {
        Program program = new Program();
        StreamPlan streams = StreamPlan.look(program, slots, conversation.hello(), process, linux);
        Program given = new Program();
        if (streams != null) {
            streams.give(conversation.run(program), given);
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

    private SpecDocument spec(byte[] config) throws Failure {
        try {
            return memory == null
                    ? SpecReader.read(config)
                    : memory.read(config).document();
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
