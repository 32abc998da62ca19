// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.notify.NotifySocket;
import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.PathOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;

/** The directory in which a container finds the socket for what its service manager is to know, as runc makes it. */
final class NotifyPlan {
    private static final String ORIGIN = "NOTIFY_SOCKET";
    private static final int DIRECTORY_MODE = 0755;
    private static final int ATTRIBUTES =
            Kernel.MOUNT_ATTR_RDONLY | Kernel.MOUNT_ATTR_NOSUID | Kernel.MOUNT_ATTR_NODEV | Kernel.MOUNT_ATTR_NOEXEC;

    private final Slot state;
    private final Slot mount;

    /** @param state the container's state directory, opened */
    NotifyPlan(Launch launch, Slot state) {
        this.state = state;
        this.mount = launch.slots().open("notify");
    }

    /** Makes the directory; who listens in there puts the socket into it. */
    void make(Program parent) {
        String directory = NotifySocket.DIRECTORY;
        PathOp.RemoveFile socket = new PathOp.RemoveFile(state, directory + "/" + NotifySocket.FILE);
        parent.add(
                ORIGIN,
                new PathOp.MakeDir(state, directory, DIRECTORY_MODE, 0),
                socket,
                new PathOp.RemoveDir(state, directory, 0));
        int copy = Kernel.OPEN_TREE_CLONE;
        parent.add(ORIGIN, new MountOp.OpenTree(mount, state, directory, copy, 0));
        parent.add(ORIGIN, new MountOp.MountSetattr(mount, "", Kernel.AT_EMPTY_PATH, ATTRIBUTES, 0, Kernel.MS_PRIVATE));
    }

    /** Shows it to the container, over whatever the image has there. */
    void attach(Program child, Launch launch, Slot root) {
        Slot point = launch.slots().scratch("mount-point");
        child.add(
                ORIGIN,
                new PathOp.MakeMountPoint(
                        point, root, NotifySocket.MOUNT, PathOp.MakeMountPoint.DIRECTORY, DIRECTORY_MODE));
        child.add(ORIGIN, new MountOp.MoveMount(mount, point, ""));
        launch.slots().release(point);
    }
}
