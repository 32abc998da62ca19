// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.cgroup.DeviceAccess;
import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.spec.NamespaceType;

/**
 * When the container's cgroups are made, and when the child joins them.
 *
 * <p>Those of version 1 are many: where nothing speaks against it, the parent makes them while the child mounts, and the child joins late.
 */
final class CgroupPlan {
    /** They are there, for a child that joins late. */
    private static final int MADE = 4;

    /** They have their limits, and the child may use the devices that they allow. */
    private static final int LIMITED = 8;

    /** The child waits until systemd has put it into its scope. */
    private static final int IN_SCOPE = 6;

    private static final String THE_SCOPE = "the container's scope";
    private static final String THE_PROCESS = "the container's process";

    private final Launch launch;
    private final Slot process;
    private final boolean late;

    /**
     * @param process the child's slot
     * @param isLookedAt whether anybody looks at the child before it mounts, and so at its cgroups
     */
    CgroupPlan(Launch launch, Slot process, boolean isLookedAt) {
        this.launch = launch;
        this.process = process;
        // From a user namespace, or in the view of another cgroup namespace, the child could not join any more.
        this.late = launch.cgroups().hasVersion1()
                && launch.namespaces().isHosts(NamespaceType.USER)
                && !launch.namespaces().joined().containsKey(NamespaceType.CGROUP)
                && !isLookedAt;
    }

    /** Whether the child joins only when something depends on it. */
    boolean isLate() {
        return late;
    }

    /** The unified one is there before the child, which is made in it. */
    void beforeClone(Program parent) {
        if (launch.scope() != null) {
            return;
        }
        if (late) {
            launch.cgroups().make(parent, true);
        } else {
            launch.cgroups().make(parent);
            limit(parent);
        }
    }

    /** Opens the cgroup that the child is made in, if it is there by then. */
    Slot open(Program parent) {
        return launch.scope() != null ? Slot.NONE : launch.cgroups().open(parent, launch.slots());
    }

    /**
     * Has the child wait for systemd, if that makes the cgroup.
     *
     * @param inScope what the parent does when the child is in there
     */
    void awaitScope(Program parent, Program inScope) {
        if (launch.scope() != null) {
            parent.add(THE_SCOPE, new ProcessOp.AwaitChild(process, IN_SCOPE));
            launch.cgroups().adopt(inScope, launch.slots());
            limit(inScope);
            inScope.add(THE_SCOPE, new ProcessOp.ReleaseChild(process, IN_SCOPE));
        }
    }

    void afterClone(Program parent) {
        if (late) {
            launch.cgroups().make(parent, false);
            // The child may be in those cgroups from here on. They are newer than it and so are taken back first: it
            // has to end before.
            parent.add(
                    THE_PROCESS,
                    FileOp.Stat.NOTHING,
                    new ProcessOp.Kill(process, Kernel.SIGKILL, LaunchPlan.KILL_WAIT_MILLIS));
            parent.add(THE_PROCESS, new ProcessOp.ReleaseChild(process, MADE));
            limit(parent);
            parent.add(THE_PROCESS, new ProcessOp.ReleaseChild(process, LIMITED));
        }
    }

    private void limit(Program parent) {
        launch.resources().add(parent, launch.cgroups());
        DeviceAccess devices = launch.devices();
        if (devices != null) {
            devices.add(parent, launch.slots(), launch.cgroups());
        }
        launch.cgroups().handOver(parent);
    }

    /** What the child does first of all. */
    void enter(Program child) {
        if (launch.scope() != null) {
            child.add(THE_SCOPE, new ChildOp.SyncPoint(IN_SCOPE));
            child.add(THE_SCOPE, new ChildOp.AwaitParent(IN_SCOPE));
        } else if (!late) {
            launch.cgroups().enter(child);
        }
    }

    /** What the child does as late as it may; empty if it is done by then. */
    Program enterLate(NamespacePlan namespaces) {
        Program program = new Program();
        if (late) {
            program.add(THE_PROCESS, new ChildOp.AwaitParent(MADE));
            launch.cgroups().enter(program);
            if (launch.namespaces().isFresh(NamespaceType.CGROUP)) {
                namespaces.enterCgroup(program);
            }
        }
        return program;
    }

    /** What the child does when it has joined, before it needs a device or fills a file system; empty where it has joined before. */
    Program awaitLimits() {
        Program program = new Program();
        if (late) {
            program.add(THE_PROCESS, new ChildOp.AwaitParent(LIMITED));
        }
        return program;
    }
}
