// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.launch.LaunchOptions.End;
import dev.ipcell.shim.ChildFacts;
import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.NamespaceType;
import java.nio.charset.StandardCharsets;

/** What the parent does from the child being set up to its being the configured process. */
final class ChildRelease {
    private static final String THE_PROCESS = "the container's process";
    private static final String ONLY_THE_PARENT = "what only the parent can do";

    private final Launch launch;
    private final LaunchHooks hooks;
    private final Slot process;

    ChildRelease(Launch launch, LaunchHooks hooks, Slot process) {
        this.launch = launch;
        this.hooks = hooks;
        this.process = process;
    }

    /** Whether the child has to be set up, and to wait, before the parent does something. Each wait takes some 0.1 ms. */
    private boolean needsParent() {
        LaunchOptions options = launch.options();
        // Who asked for these gets them only from a container that can run.
        boolean tells = options.consoleSocket() != null || options.pidfdSocket() != null || options.pidFile() != null;
        return launch.rdt() != null
                || launch.process().oomScoreAdj() != null
                || (hasUser(launch) && !launch.process().rlimits().isEmpty())
                || (tells && options.end() != End.CREATED);
    }

    static boolean hasUser(Launch launch) {
        return !launch.namespaces().isHosts(NamespaceType.USER);
    }

    /** The child's side: it tells that it is set up, if the parent needs to know, and waits until it may go on. */
    Step await(Program child) {
        if (needsParent()) {
            child.add(ONLY_THE_PARENT, new ChildOp.SyncPoint(LaunchPlan.SET_UP));
        }
        return child.add(ONLY_THE_PARENT, new ChildOp.AwaitParent(LaunchPlan.SET_UP));
    }

    /** Adds what waits for the child to be set up, and what only the parent can do then; nothing if there is no such thing. */
    void awaitSetUp(Program parent) {
        if (needsParent()) {
            parent.add(THE_PROCESS, new ProcessOp.AwaitChild(process, LaunchPlan.SET_UP));
            limits(parent);
        }
    }

    private void limits(Program parent) {
        RdtPlan rdt = launch.rdt();
        if (rdt != null) {
            RdtPlan.enter(parent, rdt.group(), process);
        }
        Integer score = launch.process().oomScoreAdj();
        if (score != null) {
            byte[] text = score.toString().getBytes(StandardCharsets.US_ASCII);
            parent.add(Launch.at("/process/oomScoreAdj"), new ContainerOp.WriteProc(process, "oom_score_adj", text));
        }
        if (hasUser(launch)) {
            // Only the parent can raise those of a child in a user namespace.
            ProcessPlan.rlimits(parent, process, Launch.at(""), launch.process());
        }
    }

    /** Adds what turns the waiting child into the configured process, and the hooks for when that is done. */
    void exec(Program parent, ChildFacts facts) {
        release(parent, facts);
        int hold = launch.options().isForeground() ? ProcessOp.AwaitExec.HOLD_SIGNALS : 0;
        parent.add(Launch.at("/process/args"), new ProcessOp.AwaitExec(process, hold));
        hooks.poststart(parent, process);
    }

    /** Adds what leads the child to where it waits for its start. */
    void ready(Program parent, ChildFacts facts) {
        release(parent, facts);
        parent.add(Launch.at("/process/args"), new ProcessOp.AwaitChild(process, LaunchPlan.READY));
    }

    private void release(Program parent, ChildFacts facts) {
        parent.add(THE_PROCESS, new ProcessOp.ReleaseChild(process, LaunchPlan.SET_UP));
        SeccompPlan seccomp = launch.seccomp();
        if (seccomp != null) {
            seccomp.handOver(parent, process, facts.pid(), hooks.state());
        }
    }
}
