// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.cgroup.Cgroup;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.state.FoundContainer;
import dev.ipcell.runtime.state.RdtGroup;
import dev.ipcell.shim.ChildFacts;
import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.CredentialOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.NamespaceOp;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.SchedulingOp;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.CpuAffinity;
import dev.ipcell.spec.Namespace;
import dev.ipcell.spec.Process;
import dev.ipcell.spec.Spec;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The operations that bring a process into a container. */
final class ExecPlan {
    private static final int SET_UP = 1;
    private static final int KILL_WAIT_MILLIS = 10_000;
    private static final String THE_PROCESS = "the process";
    private static final String THE_CONTAINER = "the container's namespaces";
    private static final String THE_END = "the end";

    private final ExecOptions options;
    private final FoundContainer container;
    private final Spec spec;
    private final Process process;
    private final Grantable grantable;
    private final String home;
    private final @Nullable SeccompPlan seccomp;
    private final @Nullable ConfinementPlan confinement;
    private final String unifiedCgroup;
    private final Slot root;
    private final List<Step> streams;
    private final boolean endsLines;
    private final Slots slots;
    private final Slot pidfd;
    private final Slot terminal;
    private final Program start = new Program();
    private final Step cloneStep;

    /**
     * @param streams gives the standard streams to the process's user
     * @param endsLines as {@link TerminalPlan#add} has it
     * @param grantable the capabilities that the process can be given
     * @param unifiedCgroup where the process goes in the unified hierarchy unless another is chosen
     * @param root the container's root directory
     */
    ExecPlan(
            ExecOptions options,
            FoundContainer container,
            Spec spec,
            Process process,
            Grantable grantable,
            String home,
            @Nullable SeccompPlan seccomp,
            @Nullable ConfinementPlan confinement,
            String unifiedCgroup,
            Slot root,
            List<Step> streams,
            boolean endsLines,
            Slots slots)
            throws Failure {
        this.options = options;
        this.container = container;
        this.spec = spec;
        this.process = process;
        this.grantable = grantable;
        this.home = home;
        this.seccomp = seccomp;
        this.confinement = confinement;
        this.unifiedCgroup = unifiedCgroup;
        this.root = root;
        this.endsLines = endsLines;
        this.slots = slots;
        this.pidfd = slots.open("process");
        this.terminal = process.terminal() ? slots.open("terminal") : Slot.NONE;
        this.streams = streams;
        this.cloneStep = compileStart();
    }

    /** Up to the child being in the container. */
    Program start() {
        return start;
    }

    /** Whether {@link #exec} tells somebody the process ID, which is known only after {@link #start}. */
    boolean needsPid() {
        return options.pidFile() != null || seccomp != null;
    }

    /** Whether the child has to wait for something that the parent does once it is set up. Each wait takes some 0.1 ms. */
    private boolean needsParent() {
        return needsPid()
                || options.consoleSocket() != null
                || options.pidfdSocket() != null
                || container.stored().rdt() != null
                || process.oomScoreAdj() != null
                || (hasUser() && !process.rlimits().isEmpty());
    }

    private boolean hasUser() {
        return (namespaces() & Kernel.CLONE_NEWUSER) != 0;
    }

    Step cloneStep() {
        return cloneStep;
    }

    private Step compileStart() throws Failure {
        start.add("the guardian", new ProcessOp.Guard());
        for (Step step : streams) {
            start.add(step);
        }
        int flags = namespaces();
        if ((flags & Kernel.CLONE_NEWPID) != 0) {
            // It holds for the children made after it, not for the caller (setns(2)).
            start.add(THE_CONTAINER, new NamespaceOp.SetNs(container.process(), Kernel.CLONE_NEWPID));
        }
        Slot unified = Slot.NONE;
        Program child = new Program();
        CpuAffinity affinity = process.execCpuAffinity();
        affinity(child, affinity == null ? null : affinity.initialCpus());
        checkControllers();
        for (Cgroup cgroup : container.stored().cgroups()) {
            String directory = directory(cgroup);
            if (cgroup.unified()) {
                unified = slots.open("cgroup");
                start.add("--cgroup", new DescriptorOp.OpenFd(unified, Slot.CWD, directory, Kernel.O_DIRECTORY, 0, 0));
            } else {
                // The kernel is quicker with a thread than with a process, which at this moment is the same.
                String file = directory + (options.cgroup().isEmpty() ? "/tasks" : "/cgroup.procs");
                child.add("--cgroup", new FileOp.WriteFile(Slot.CWD, file, Kernel.O_WRONLY, 0, 0, new byte[] {'0'}));
            }
        }
        if (confinement != null) {
            confinement.open(child, slots);
        }
        inside(child, flags & ~Kernel.CLONE_NEWPID);
        Step step = start.add(
                THE_PROCESS,
                new ProcessOp.Clone(pidfd, 0, unified, "ipcell:exec", child),
                new ProcessOp.Kill(pidfd, Kernel.SIGKILL, KILL_WAIT_MILLIS));
        if (needsParent()) {
            start.add(THE_PROCESS, new ProcessOp.AwaitChild(pidfd, SET_UP));
        }
        return step;
    }

    /** The kinds of namespace that the container does not share with the host by its configuration. */
    private int namespaces() {
        int flags = 0;
        if (spec.linux() != null) {
            for (Namespace namespace : spec.linux().namespaces()) {
                flags |= NamespaceKind.flag(namespace.type());
            }
        }
        return flags;
    }

    private String directory(Cgroup cgroup) throws Failure {
        String path = null;
        for (String entry : options.cgroup()) {
            int colon = entry.indexOf(':');
            String controllers = colon < 0 ? "" : entry.substring(0, colon);
            if (colon < 0 || names(controllers, cgroup)) {
                path = entry.substring(colon + 1);
            }
        }
        if (path == null) {
            return cgroup.unified() ? unifiedCgroup : cgroup.directory();
        }
        if (List.of(path.split("/", -1)).contains("..")) {
            throw new Failure(
                    "--cgroup: " + path + " is not a sub cgroup path, it leads out of the container's own cgroup");
        }
        return cgroup.directory() + (path.isEmpty() || path.startsWith("/") ? path : "/" + path);
    }

    /** Nothing that --cgroup names is passed over. */
    private void checkControllers() throws Failure {
        for (String entry : options.cgroup()) {
            int colon = entry.indexOf(':');
            for (String controller : entry.substring(0, Math.max(colon, 0)).split(",", -1)) {
                boolean found = colon < 0;
                for (Cgroup cgroup : container.stored().cgroups()) {
                    found |= names(controller, cgroup);
                }
                if (!found) {
                    throw new Failure("--cgroup " + entry + ": "
                            + (controller.isEmpty()
                                    ? "the container has no cgroup of version 2"
                                    : "unknown controller " + controller + ", the container has no cgroup for it"));
                }
            }
        }
    }

    private static boolean names(String controllers, Cgroup cgroup) {
        for (String controller : controllers.split(",", -1)) {
            if (cgroup.controllers().contains(controller)) {
                return true;
            }
        }
        return controllers.isEmpty() && cgroup.unified();
    }

    private void inside(Program child, int namespaces) {
        if (namespaces != 0) {
            child.add(THE_CONTAINER, new NamespaceOp.SetNs(container.process(), namespaces));
        }
        if (container.stored().mounts() != null) {
            child.add("the container's root", new MountOp.Chroot(root));
        }
        child.add("a session of its own", new ChildOp.SetSid());
        if (confinement != null) {
            confinement.labelKeys(child);
        }
        child.add("the container's session keyring", new SchedulingOp.JoinKeyring("_ses." + options.id()));
        if (!terminal.isNone()) {
            if ((namespaces & Kernel.CLONE_NEWUSER) != 0) {
                // One that belonged to an id without a mapping could be given to nobody.
                String origin = "root of the user namespace";
                child.add(Step.optional(origin, CredentialOp.SetGroups.of(List.of())));
                child.add(Step.optional(origin, new CredentialOp.SetIds(0, 0)));
            }
            TerminalPlan.add(child, slots, process, endsLines, null, terminal);
        }
        if (needsParent()) {
            child.add("what only the parent can do", new ChildOp.SyncPoint(SET_UP));
            child.add("what only the parent can do", new ChildOp.AwaitParent(SET_UP));
        }
        if (!hasUser()) {
            ProcessPlan.rlimits(child, Slot.NONE, "", process);
        }
        CpuAffinity affinity = process.execCpuAffinity();
        if (affinity == null) {
            SchedulingPlan.onEveryProcessor(child);
        }
        SchedulingPlan.add(child, process, spec.linux());
        affinity(child, affinity == null ? null : affinity.finalCpus());
        ProcessPlan plan = new ProcessPlan(process, grantable, home, seccomp, confinement, child);
        plan.become(ProcessPlan.closedAtExec(ProcessPlan.FIRST_BEYOND_STDIO + options.preserveFds()), false);
        plan.exec(plan.environment(List.of()));
    }

    private static void affinity(Program child, @Nullable String processors) {
        if (processors != null && !processors.isEmpty()) {
            child.add("/process/execCPUAffinity", new SchedulingOp.SetAffinity(Slot.NONE, NumberList.mask(processors)));
        }
    }

    /**
     * From the child being in the container to its being the process.
     *
     * @param caller the executor's process ID
     */
    Program exec(ChildFacts child, int caller) {
        Program program = new Program();
        RdtGroup rdt = container.stored().rdt();
        if (rdt != null) {
            RdtPlan.enter(program, rdt, pidfd);
        }
        if (hasUser()) {
            // Only the parent can raise those of a child in a user namespace.
            ProcessPlan.rlimits(program, pidfd, "", process);
        }
        Integer score = process.oomScoreAdj();
        if (score != null) {
            program.add(
                    "/process/oomScoreAdj", new ContainerOp.WriteProc(pidfd, "oom_score_adj", utf8(score.toString())));
        }
        if (options.consoleSocket() != null) {
            program.add(
                    "--console-socket",
                    new ContainerOp.SendSocket(terminal, Slot.CWD, options.consoleSocket(), "/dev/ptmx"));
        }
        if (options.pidfdSocket() != null) {
            program.add("--pidfd-socket", new ContainerOp.SendSocket(pidfd, Slot.CWD, options.pidfdSocket(), "pidfd"));
        }
        if (options.pidFile() != null) {
            LaunchEnd.pidFile(program, options.pidFile(), caller, child);
        }
        if (needsParent()) {
            program.add(THE_PROCESS, new ProcessOp.ReleaseChild(pidfd, SET_UP));
        }
        if (seccomp != null) {
            seccomp.handOver(program, pidfd, child.pid(), container.state());
        }
        int hold = options.detach() ? 0 : ProcessOp.AwaitExec.HOLD_SIGNALS;
        program.add("/process/args", new ProcessOp.AwaitExec(pidfd, hold));
        return program;
    }

    /** The planner may go. */
    Program last() {
        Program program = new Program();
        if (options.detach()) {
            program.add("the process stays", new ProcessOp.Commit());
            program.add(THE_END, new ProcessOp.Exit(0));
        } else {
            Slot own = options.consoleSocket() == null ? terminal : Slot.NONE;
            program.add(THE_PROCESS, new ProcessOp.Supervise(pidfd, ProcessOp.Supervise.FORWARD_SIGNALS, own));
            program.add("clean-up", new ProcessOp.Unwind());
            program.add(THE_END, new ProcessOp.ExitAs(pidfd));
        }
        return program;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
