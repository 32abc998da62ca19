// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.PathOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.RootfsPropagation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds the container's file system view and makes it the root. */
final class RootfsPlan {
    private static final int DIRECTORY_MODE = 0755;

    private final Launch launch;
    private final @Nullable Slot emptyMounts;
    private final Program parent;
    private final Program whileJoined;
    private final Program whileMounting;
    private final Program child;
    private final Slot process;
    private final Slot root;
    private final @Nullable Slot terminal;
    private final Program join;
    private final Program awaitLimits;
    private final Program last;

    /**
     * @param join what puts the child into its cgroups, if it is not in them yet
     * @param awaitLimits what then waits for their limits
     * @param whileJoined what the parent does while it is in the namespaces that the child inherits
     * @param whileMounting what it does while the child mounts
     * @param process the child
     * @param last what the child does when all is mounted, before it enters the new root
     */
    RootfsPlan(
            Launch launch,
            Program parent,
            Program whileJoined,
            Program whileMounting,
            Program child,
            Slot process,
            Slot root,
            @Nullable Slot terminal,
            Program join,
            Program awaitLimits,
            Program last) {
        this.join = join;
        this.awaitLimits = awaitLimits;
        this.last = last;
        this.whileJoined = whileJoined;
        this.whileMounting = whileMounting;
        this.process = process;
        this.launch = launch;
        this.emptyMounts = launch.usableEmptyMounts();
        this.parent = parent;
        this.child = child;
        this.root = root;
        this.terminal = terminal;
    }

    /** The propagation between the host's mounts and the container's; a slave receives and never sends. */
    static int propagation(Launch launch) {
        RootfsPropagation configured = launch.linux().rootfsPropagation();
        if (configured == null) {
            return Kernel.MS_SLAVE;
        }
        return switch (configured) {
            case SHARED, RSHARED -> Kernel.MS_SHARED;
            case PRIVATE, RPRIVATE -> Kernel.MS_PRIVATE;
            case SLAVE, RSLAVE -> Kernel.MS_SLAVE;
            case UNBINDABLE, RUNBINDABLE -> Kernel.MS_UNBINDABLE;
        };
    }

    void add() {
        String origin = Launch.at("/root/path");
        if (!launch.sharesMounts() && emptyMounts == null) {
            child.add(origin, new MountOp.MountSetattr(Slot.CWD, "/", Kernel.AT_RECURSIVE, 0, 0, untilPivoted(launch)));
            child.add(origin, new MountOp.MoveMount(root, Slot.CWD, launch.rootfsPath()));
        }
        Program attaching = emptyMounts == null ? child : new Program();
        MountPlan mounts = new MountPlan(launch, parent, whileJoined, whileMounting, child, attaching, process, root);
        mounts.add(join, awaitLimits);
        if (emptyMounts != null) {
            EmptyMounts.enter(child, emptyMounts, root);
            for (Step step : attaching.steps()) {
                child.add(step);
            }
        }
        new DevicePlan(launch, parent, child, root).add();
        workingDirectory();
        Slot console = consolePoint();
        mounts.finish();
        for (Step step : last.steps()) {
            child.add(step);
        }
        coverWhatReveals();
        enter(origin);
        openTerminal(console);
        SysctlPlan.add(launch, child);
        hiddenPaths();
        readonlyRoot();
    }

    /** The child's copy of the host's mounts; one that is shared or unbindable could not be pivoted away from (pivot_root(2)). */
    static int untilPivoted(Launch launch) {
        int propagation = propagation(launch);
        if (propagation == Kernel.MS_SHARED) {
            return Kernel.MS_SLAVE;
        }
        return propagation == Kernel.MS_UNBINDABLE ? Kernel.MS_PRIVATE : propagation;
    }

    private void enter(String origin) {
        if (emptyMounts != null) {
            child.add(origin, new MountOp.Chroot(root));
            return;
        }
        if (!launch.sharesMounts() && !launch.options().noPivot()) {
            child.add(origin, new MountOp.PivotRoot(root));
            return;
        }
        if (!launch.sharesMounts()) {
            // For a root that pivot_root(2) refuses, such as a ramdisk.
            child.add(origin, new MountOp.MoveMount(root, Slot.CWD, "/"));
        }
        child.add(origin, new MountOp.Chroot(root));
    }

    private void coverWhatReveals() {
        if (launch.sharesMounts()) {
            return; // The host's own is in sight anyway, and would be covered for the host too.
        }
        for (String place : launch.look().revealing()) {
            String origin = "--no-pivot: the host's " + place;
            Slot cover = launch.slots().scratch("cover");
            child.add(origin, new MountOp.FsMount(cover, "tmpfs", "tmpfs", List.of(), Kernel.MOUNT_ATTR_RDONLY, 0));
            child.add(origin, new MountOp.MoveMount(cover, Slot.CWD, place));
            launch.slots().release(cover);
        }
    }

    private void workingDirectory() {
        String cwd = launch.process().cwd();
        if (!cwd.equals("/")) {
            Slot slot = launch.slots().scratch("cwd-point");
            child.add(
                    Launch.at("/process/cwd"),
                    new PathOp.MakeMountPoint(slot, root, cwd, PathOp.MakeMountPoint.DIRECTORY, DIRECTORY_MODE));
            launch.slots().release(slot);
        }
    }

    private @Nullable Slot consolePoint() {
        if (terminal == null || MountPlan.devIsBound(launch.mounts())) {
            return null;
        }
        Slot console = launch.slots().open("console-point");
        child.add(
                Launch.at("/process/terminal"),
                new PathOp.MakeMountPoint(console, root, "/dev/console", PathOp.MakeMountPoint.FILE, 0600));
        return console;
    }

    private void openTerminal(@Nullable Slot console) {
        if (terminal != null) {
            boolean endsLines =
                    TerminalPlan.endsLines(launch.hello(), launch.options().consoleSocket());
            TerminalPlan.add(child, launch.slots(), launch.process(), endsLines, console, terminal);
        }
    }

    private void hiddenPaths() {
        List<String> readonly = launch.linux().readonlyPaths();
        for (int i = 0; i < readonly.size(); i++) {
            child.add(Launch.at("/linux/readonlyPaths/" + i), new MountOp.ReadonlyPath(root, readonly.get(i)));
        }
        List<String> masked = launch.linux().maskedPaths();
        if (masked.isEmpty()) {
            return;
        }
        String origin = Launch.at("/linux/maskedPaths");
        Slot empty = launch.slots().open("empty");
        Slot nothing = launch.slots().open("null");
        int attributes = Kernel.MOUNT_ATTR_RDONLY
                | Kernel.MOUNT_ATTR_NOSUID
                | Kernel.MOUNT_ATTR_NODEV
                | Kernel.MOUNT_ATTR_NOEXEC;
        List<String> parameters = MountLabel.parameters(launch, "tmpfs", List.of("nr_inodes=1", "nr_blocks=1"));
        child.add(origin, new MountOp.FsMount(empty, "tmpfs", "tmpfs", parameters, attributes, 0));
        // The image may have put anything there; only the real one may cover a file (CVE-2025-31133).
        child.add(
                origin,
                new DescriptorOp.OpenFd(
                        nothing, root, "/dev/null", Kernel.O_PATH | Kernel.O_NOFOLLOW, 0, Kernel.RESOLVE_IN_ROOT));
        child.add(origin, new DescriptorOp.Verify(nothing, Kernel.S_IFCHR, 1, 3, 0));
        for (int i = 0; i < masked.size(); i++) {
            if (masked.indexOf(masked.get(i)) < i) {
                continue; // Hidden already: a second mount would only take its place.
            }
            child.add(Launch.at("/linux/maskedPaths/" + i), new MountOp.MaskPath(root, masked.get(i), empty, nothing));
        }
    }

    private void readonlyRoot() {
        if (launch.spec().root().readonly()) {
            child.add(
                    Launch.at("/root/readonly"),
                    new MountOp.MountSetattr(root, "", Kernel.AT_EMPTY_PATH, Kernel.MOUNT_ATTR_RDONLY, 0, 0));
        }
        RootfsPropagation configured = launch.linux().rootfsPropagation();
        if (configured != null) {
            int recursive = configured.wire().charAt(0) == 'r' ? Kernel.AT_RECURSIVE : 0;
            child.add(
                    Launch.at("/linux/rootfsPropagation"),
                    new MountOp.MountSetattr(root, "", Kernel.AT_EMPTY_PATH | recursive, 0, 0, propagation(launch)));
        }
    }
}
