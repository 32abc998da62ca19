// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.PathOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.Mount;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.Problem;
import java.util.ArrayList;
import java.util.List;

/**
 * The configured mounts. All are attached by the child, on a destination that was resolved inside the root file system. What comes from
 * the host is copied as a detached mount; see {@link BindPlan}.
 */
final class MountPlan {
    private final Launch launch;
    private final Program parent;
    private final Program whileJoined;
    private final Program child;
    private final Program attaching;
    private final Slot root;
    private final IdMapPlan ids;
    private final BindPlan binds;
    private final Program readonlyLater = new Program();

    /**
     * @param whileJoined what the parent does while it is in the namespaces that the child inherits
     * @param whileMounting what it does while the child mounts
     * @param attaching what the child does when all mounts are made; or the same program as the child's, if each is attached at once
     * @param process the child
     */
    MountPlan(
            Launch launch,
            Program parent,
            Program whileJoined,
            Program whileMounting,
            Program child,
            Program attaching,
            Slot process,
            Slot root) {
        this.launch = launch;
        this.parent = parent;
        this.whileJoined = whileJoined;
        this.child = child;
        this.attaching = attaching;
        this.root = root;
        this.ids = new IdMapPlan(launch, parent);
        this.binds = new BindPlan(launch, parent, whileMounting, child, attaching, process, root, ids);
    }

    /**
     * Adds all mounts, in the configuration's order.
     *
     * @param join what puts the child into its cgroups, if it is not in them yet: they show in mounts of their own, and pay for what a
     *     tmpfs is filled with
     * @param awaitLimits what waits for the limits of those: mounts of cgroups do not depend on them
     */
    void add(Program join, Program awaitLimits) {
        boolean joined = join.steps().isEmpty();
        boolean limited = awaitLimits.steps().isEmpty() || attachesLater();
        if (attachesLater()) {
            append(attaching, awaitLimits);
        }
        List<Mount> mounts = launch.mounts();
        for (int i = 0; i < mounts.size(); i++) {
            Mount mount = mounts.get(i);
            String origin = origin(i, mount);
            MountOptions options = MountOptions.parse(mount.options());
            BindSource source = launch.bindSources().get(i);
            boolean isCgroup = "cgroup".equals(mount.type()) || "cgroup2".equals(mount.type());
            if (!joined && (isCgroup || options.copyUp())) {
                append(child, join);
                joined = true;
            }
            if (joined && !limited && !isCgroup) {
                append(child, awaitLimits);
                limited = true;
            }
            if (source != null) {
                binds.add(i, mount, options, source);
            } else if (isCgroup) {
                // Its directories are there once the child is in them.
                boolean isLate = launch.scope() != null || !join.steps().isEmpty();
                new CgroupMount(launch, isLate ? child : parent, child, attaching, root, origin)
                        .add(mount.destination(), options);
            } else {
                instance(i, mount, options);
            }
        }
        if (!joined) {
            append(child, join);
        }
        if (!limited) {
            append(child, awaitLimits);
        }
    }

    private static void append(Program to, Program program) {
        for (Step step : program.steps()) {
            to.add(step);
        }
    }

    private boolean attachesLater() {
        return attaching != child;
    }

    /** What is asked for and has no effect; runc does not tell. */
    static List<Problem> warnings(Launch launch) {
        List<Problem> warnings = new ArrayList<>();
        List<Mount> mounts = launch.mounts();
        for (int i = 0; i < mounts.size(); i++) {
            MountOptions options = MountOptions.parse(mounts.get(i).options());
            if (options.isBind() && !options.parameters().isEmpty()) {
                String message = "a bind mount takes no option of a file system, such as \""
                        + options.parameters().getFirst() + "\": it has no effect";
                warnings.add(launch.bundle().document().positions().problem("/mounts/" + i + "/options", message));
            }
        }
        return warnings;
    }

    /** How an operation of the mount with this index is told about. */
    static String origin(int index, Mount mount) {
        return Launch.at("/mounts/" + index + " (" + mount.destination() + ")");
    }

    private void instance(int index, Mount mount, MountOptions options) {
        String origin = origin(index, mount);
        String type = mount.type() == null ? "none" : mount.type();
        boolean isMapped = IdMapPlan.isMapped(mount, options);
        boolean hasUser = !launch.namespaces().isHosts(NamespaceType.USER);
        boolean byParent = (isMapped && hasUser) || isForeign(type);
        boolean fillsLater = type.equals("tmpfs") && (options.set() & Kernel.MOUNT_ATTR_RDONLY) != 0;
        boolean isKept = byParent || fillsLater || attachesLater();
        Slot slot = isKept ? launch.slots().open(type) : launch.slots().scratch(type);
        String source = mount.source() == null ? "" : mount.source();
        Program maker = byParent ? whileJoined : child;
        int attributes = options.set();
        if (fillsLater) {
            attributes &= ~Kernel.MOUNT_ATTR_RDONLY;
            readonlyLater.add(
                    origin, new MountOp.MountSetattr(slot, "", Kernel.AT_EMPTY_PATH, Kernel.MOUNT_ATTR_RDONLY, 0, 0));
        }
        maker.add(origin, new MountOp.FsMount(slot, type, source, parameters(index, type, options), attributes, 0));
        if (type.equals("mqueue")) {
            MountLabel.queues(launch, maker, slot);
        }
        // What is copied keeps its owners, as who copies sees them: the container's root, if there is one, or the
        // host's.
        boolean copies = options.copyUp() && type.equals("tmpfs");
        if (copies && !byParent) {
            copyUp(origin, slot, mount.destination());
        }
        if (isMapped) {
            ids.add(copies && !byParent ? attaching : maker, slot, index, mount, options);
        }
        if (copies && byParent) {
            copyUp(origin, slot, mount.destination());
        }
        attach(origin, slot, mount.destination(), destinationKind(type));
        propagate(origin, attaching, slot, options);
        recursive(origin, attaching, slot, options);
        if (!isKept) {
            launch.slots().release(slot);
        }
    }

    private List<String> parameters(int index, String type, MountOptions options) {
        List<String> parameters = MountLabel.parameters(launch, type, options.parameters());
        String mode = launch.look().mode(index);
        if (mode == null) {
            return parameters;
        }
        List<String> all = new ArrayList<>(parameters);
        all.add(mode);
        return all;
    }

    /** Makes what is new and read-only so, when all mount points in it are made. */
    void finish() {
        for (Step step : readonlyLater.steps()) {
            child.add(step);
        }
    }

    /** What the container's root is not allowed to mount, because it shows a namespace that does not belong to its user namespace. */
    private boolean isForeign(String type) {
        return (type.equals("mqueue") && !launch.namespaces().isTheUsersOwn(NamespaceType.IPC))
                || (type.equals("sysfs") && !launch.namespaces().isTheUsersOwn(NamespaceType.NETWORK));
    }

    private void copyUp(String origin, Slot tmpfs, String destination) {
        Slot covered = launch.slots().scratch("covered");
        attaching.add(
                origin, new PathOp.MakeMountPoint(covered, root, destination, PathOp.MakeMountPoint.DIRECTORY, 0755));
        attaching.add(origin, new MountOp.CopyTree(covered, tmpfs));
        launch.slots().release(covered);
    }

    /** A link in the image must not send the container's proc or sysfs elsewhere (CVE-2023-27561, CVE-2023-28642). */
    private static int destinationKind(String type) {
        return type.equals("proc") || type.equals("sysfs")
                ? PathOp.MakeMountPoint.DIRECTORY_NO_SYMLINKS
                : PathOp.MakeMountPoint.DIRECTORY;
    }

    static void propagate(String origin, Program program, Slot slot, MountOptions options) {
        if (options.propagation() != 0) {
            int flags = Kernel.AT_EMPTY_PATH | (options.propagationRecursive() ? Kernel.AT_RECURSIVE : 0);
            program.add(origin, new MountOp.MountSetattr(slot, "", flags, 0, 0, options.propagation()));
        }
    }

    static void recursive(String origin, Program program, Slot slot, MountOptions options) {
        if (options.recursiveSet() != 0 || options.recursiveClear() != 0) {
            program.add(
                    origin,
                    new MountOp.MountSetattr(
                            slot,
                            "",
                            Kernel.AT_EMPTY_PATH | Kernel.AT_RECURSIVE,
                            options.recursiveSet(),
                            options.recursiveClear(),
                            0));
        }
    }

    private void attach(String origin, Slot mount, String destination, int kind) {
        Slot point = launch.slots().scratch("mount-point");
        attaching.add(origin, new PathOp.MakeMountPoint(point, root, destination, kind, 0755));
        attaching.add(origin, new MountOp.MoveMount(mount, point, ""));
        launch.slots().release(point);
    }

    /** True if a mount of the host's own covers {@code /dev}, so that its devices are not ours to make. */
    static boolean devIsBound(List<Mount> mounts) {
        for (Mount mount : mounts) {
            if (mount.destination().equals("/dev") && mount.isBind()) {
                return true;
            }
        }
        return false;
    }
}
