// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.PathOp;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.Mount;
import dev.ipcell.spec.NamespaceType;

/** Bind mounts: copies of mounts of the host, or of what an earlier mount put below the container's root. */
final class BindPlan {
    /** The user namespace of the machine itself has this inode (include/linux/proc_ns.h). */
    private static final long FIRST_USER_NAMESPACE = 0xEFFFFFFDL;

    /** The points at which the child waits for the mapping of ids begin here. */
    private static final int MAPPED = 0x100;

    private final Launch launch;
    private final Program parent;
    private final Program whileMounting;
    private final Program child;
    private final Program attaching;
    private final Slot process;
    private final Slot root;
    private final IdMapPlan ids;

    /**
     * @param whileMounting what the parent does while the child mounts
     * @param attaching what the child does when all mounts are made
     * @param process the child
     */
    BindPlan(
            Launch launch,
            Program parent,
            Program whileMounting,
            Program child,
            Program attaching,
            Slot process,
            Slot root,
            IdMapPlan ids) {
        this.launch = launch;
        this.parent = parent;
        this.whileMounting = whileMounting;
        this.child = child;
        this.attaching = attaching;
        this.process = process;
        this.root = root;
        this.ids = ids;
    }

    /** Adds the mount with this index. */
    void add(int index, Mount mount, MountOptions options, BindSource source) {
        String origin = MountPlan.origin(index, mount);
        Slot slot = source.slot(); // the copy takes the place of what it is a copy of
        Slot point = launch.slots().scratch("mount-point");
        int flags = Kernel.OPEN_TREE_CLONE | (options.isRecursiveBind() ? Kernel.AT_RECURSIVE : 0);
        String path = path(mount);
        Program copier = child;
        int kind = source.isDirectory() ? PathOp.MakeMountPoint.DIRECTORY : PathOp.MakeMountPoint.FILE;
        if (source.late() != null) {
            // By a path of the root the container's own links would lead to what is the host's.
            int resolve = Kernel.RESOLVE_IN_ROOT | Kernel.RESOLVE_NO_MAGICLINKS;
            String place = Launch.at("/mounts/" + index + "/source (" + mount.source() + ")");
            child.add(place, new DescriptorOp.OpenFd(point, root, source.late(), Kernel.O_PATH, 0, resolve));
            child.add(origin, new MountOp.OpenTree(slot, point, "", flags | Kernel.AT_EMPTY_PATH, 0));
            kind = PathOp.MakeMountPoint.ALIKE;
        } else if (isForChild(mount, options, path)) {
            child.add(origin, new MountOp.OpenTree(slot, Slot.CWD, path, flags, 0));
        } else {
            copier = parent;
            parent.add(origin, new MountOp.OpenTree(slot, slot, "", flags | Kernel.AT_EMPTY_PATH, 0));
        }
        detachFromHost(origin, copier, slot, options);
        attributes(origin, copier, slot, options);
        MountPlan.recursive(origin, copier, slot, options);
        if (IdMapPlan.isMapped(mount, options)) {
            map(index, mount, options, source, copier);
        }
        attaching.add(origin, new PathOp.MakeMountPoint(point, root, mount.destination(), kind, 0755));
        attaching.add(origin, new MountOp.MoveMount(slot, point, ""));
        launch.slots().release(point);
        MountPlan.propagate(origin, attaching, slot, options);
    }

    private String path(Mount mount) {
        String source = mount.source() == null ? "" : mount.source();
        return source.startsWith("/") ? source : launch.bundle().directory() + "/" + source;
    }

    /**
     * Since Linux 6.8 mountinfo lists mounts in the order in which they were made, and there are programs that take it for the order of
     * mounting; so the child copies, in its turn. It cannot with the rights of a user namespace, or where what it would find at the path is not
     * what the caller does; and the copy of a mount of its own may neither hear of the host's mounts any more nor tell
     * of its own.
     */
    private boolean isForChild(Mount mount, MountOptions options, String path) {
        return launch.namespaces().isFresh(NamespaceType.MOUNT)
                && launch.namespaces().isHosts(NamespaceType.USER)
                && !IdMapPlan.isMapped(mount, options)
                && !path.startsWith("/proc/")
                && !path.startsWith("/dev/")
                && !(launch.look().hasShared() && hearsOrTells(options));
    }

    private static boolean hearsOrTells(MountOptions options) {
        return options.propagation() == Kernel.MS_SHARED || options.propagation() == Kernel.MS_SLAVE;
    }

    /** A copied mount is in its original's peer group: without this, mounts made below it would appear on the host. */
    private void detachFromHost(String origin, Program copier, Slot slot, MountOptions options) {
        if (options.propagation() != Kernel.MS_SHARED) {
            int flags = Kernel.AT_EMPTY_PATH | Kernel.AT_RECURSIVE;
            copier.add(origin, new MountOp.MountSetattr(slot, "", flags, 0, 0, propagation(copier)));
        }
    }

    /** What is copied from the child's own copy of the host's mounts has the propagation of those already. */
    private int propagation(Program copier) {
        boolean isHostsOwn = copier == child && attaching != child;
        return isHostsOwn ? RootfsPlan.untilPivoted(launch) : Kernel.MS_SLAVE;
    }

    /**
     * What the source has and nobody asked for goes, as with runc. In a user namespace it stays: there the kernel locks it; if the
     * caller is in one, it tells what is locked.
     */
    private void attributes(String origin, Program copier, Slot slot, MountOptions options) {
        int clear = options.clear();
        if (options.implied() != 0 && launch.namespaces().isHosts(NamespaceType.USER)) {
            if (launch.hello().namespace("user").ino() == FIRST_USER_NAMESPACE) {
                clear |= options.implied();
            } else {
                copier.add(Step.optional(origin, change(slot, 0, options.implied())));
            }
        }
        if (options.set() != 0 || clear != 0) {
            copier.add(origin, change(slot, options.set(), clear));
        }
    }

    private static MountOp change(Slot slot, int set, int clear) {
        return new MountOp.MountSetattr(slot, "", Kernel.AT_EMPTY_PATH, set, clear, 0);
    }

    /** The container's root may not map ids of a file system of the host; so the parent does it, with what the child has copied. */
    private void map(int index, Mount mount, MountOptions options, BindSource source, Program copier) {
        Slot slot = source.slot();
        if (source.late() == null || launch.namespaces().isHosts(NamespaceType.USER)) {
            ids.add(copier, slot, index, mount, options);
            return;
        }
        String origin = MountPlan.origin(index, mount);
        Slot copy = launch.slots().open("late-mount");
        int point = MAPPED + index;
        child.add(origin, new ChildOp.SendFd(slot, copy));
        child.add(origin, new ChildOp.SyncPoint(point));
        child.add(origin, new ChildOp.AwaitParent(point));
        whileMounting.add(origin, new ProcessOp.AwaitChild(process, point));
        ids.add(whileMounting, copy, index, mount, options);
        whileMounting.add(origin, new DescriptorOp.CloseFd(copy));
        whileMounting.add(origin, new ProcessOp.ReleaseChild(process, point));
    }
}
