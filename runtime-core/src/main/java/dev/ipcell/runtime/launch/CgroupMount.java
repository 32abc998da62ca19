// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.cgroup.CgroupLayout;
import dev.ipcell.runtime.cgroup.Hierarchy;
import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.PathOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.spec.NamespaceType;
import java.util.ArrayList;
import java.util.List;

/**
 * A mount of type {@code cgroup}: the container's view of its own cgroups. On a machine with version 1 hierarchies it is a tmpfs with
 * one directory for each; on a purely unified one it is the unified hierarchy itself.
 *
 * <p>In a cgroup namespace a file system's root is the container's cgroup. Without one that directory is bound; but of a unified hierarchy
 * all of it, as runc and crun have it. They mount the file system itself where they may. Outside of cgroup namespaces its options, such as
 * {@code nsdelegate}, would become the machine's, so it is bound always.
 */
final class CgroupMount {
    private final Launch launch;
    private final Program binder;
    private final Program child;
    private final Program attaching;
    private final Slot root;
    private final String origin;

    /**
     * @param attaching what the child does when all mounts are made
     * @param binder who copies the directories of the container's cgroups, where these are bound: the parent, or the child if they are
     *     there too late for the parent
     */
    CgroupMount(Launch launch, Program binder, Program child, Program attaching, Slot root, String origin) {
        this.launch = launch;
        this.binder = binder;
        this.child = child;
        this.attaching = attaching;
        this.root = root;
        this.origin = origin;
    }

    void add(String destination, MountOptions options) {
        CgroupLayout layout = launch.cgroups().layout();
        if (layout.isUnifiedOnly()) {
            unified(layout.hierarchies().getFirst(), destination, options);
            return;
        }
        Slot tmpfs = attaching == child
                ? launch.slots().scratch("cgroup-tmpfs")
                : launch.slots().open("cgroup-tmpfs");
        int attributes = options.set() & ~Kernel.MOUNT_ATTR_RDONLY;
        List<String> parameters = MountLabel.parameters(launch, "tmpfs", List.of("mode=755"));
        child.add(origin, new MountOp.FsMount(tmpfs, "tmpfs", "tmpfs", parameters, attributes, 0));
        attach(tmpfs, root, destination);
        for (Hierarchy hierarchy : layout.hierarchies()) {
            String name = hierarchy.directoryName();
            // It is our own, and nobody else is in there yet: no name leads elsewhere.
            attaching.add(origin, new PathOp.MakeDir(tmpfs, name, 0755, 0));
            Slot mount = isHosts() ? bind(launch.cgroups().directory(hierarchy)) : mount(hierarchy, options);
            attaching.add(origin, new MountOp.MoveMount(mount, tmpfs, name));
            links(hierarchy, tmpfs);
        }
        int all = Kernel.AT_EMPTY_PATH | Kernel.AT_RECURSIVE;
        attaching.add(origin, attributes(tmpfs, all, options));
        if (attaching == child) {
            launch.slots().release(tmpfs);
        }
    }

    private void unified(Hierarchy hierarchy, String destination, MountOptions options) {
        if (!isHosts()) {
            attach(mount(hierarchy, options), root, destination);
            return;
        }
        Slot mount = bind(hierarchy.mountPoint());
        binder.add(origin, attributes(mount, Kernel.AT_EMPTY_PATH, options));
        attach(mount, root, destination);
    }

    private boolean isHosts() {
        return launch.namespaces().isHosts(NamespaceType.CGROUP);
    }

    /** The kernel sets a kind of access times only where it is told to clear the present one. */
    private MountOp attributes(Slot mount, int flags, MountOptions options) {
        int set = options.set();
        int clear = (set & Kernel.MOUNT_ATTR_ATIME) == 0 ? 0 : Kernel.MOUNT_ATTR_ATIME;
        int propagation = attaching == child ? Kernel.MS_SLAVE : RootfsPlan.untilPivoted(launch);
        return new MountOp.MountSetattr(mount, "", flags, set, clear, propagation);
    }

    private Slot bind(String directory) {
        Slot mount = launch.slots().open("cgroup");
        binder.add(origin, new MountOp.OpenTree(mount, Slot.CWD, directory, Kernel.OPEN_TREE_CLONE, 0));
        return mount;
    }

    private Slot mount(Hierarchy hierarchy, MountOptions options) {
        Slot mount = launch.slots().open("cgroup");
        String type = hierarchy.unified() ? "cgroup2" : "cgroup";
        child.add(origin, new MountOp.FsMount(mount, type, "cgroup", parameters(hierarchy), options.set(), 0));
        return mount;
    }

    private static List<String> parameters(Hierarchy hierarchy) {
        List<String> parameters = new ArrayList<>(hierarchy.controllers());
        if (!parameters.isEmpty() && parameters.getFirst().startsWith("name=")) {
            parameters.addFirst("none");
        }
        return parameters;
    }

    /** Controllers mounted together are found under each one's own name too. */
    private void links(Hierarchy hierarchy, Slot tmpfs) {
        if (hierarchy.controllers().size() > 1) {
            for (String controller : hierarchy.controllers()) {
                attaching.add(origin, new PathOp.Symlink(tmpfs, hierarchy.directoryName(), controller));
            }
        }
    }

    private void attach(Slot mount, Slot within, String destination) {
        Slot point = launch.slots().scratch("mount-point");
        attaching.add(
                origin, new PathOp.MakeMountPoint(point, within, destination, PathOp.MakeMountPoint.DIRECTORY, 0755));
        attaching.add(origin, new MountOp.MoveMount(mount, point, ""));
        launch.slots().release(point);
    }
}
