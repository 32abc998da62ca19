// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.PathOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.spec.Device;
import dev.ipcell.spec.DeviceType;
import dev.ipcell.spec.Mount;
import dev.ipcell.spec.NamespaceType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Device nodes and links under {@code /dev} (runtime-spec, config-linux.md, "Devices", "Default Devices"; runtime-linux.md). */
final class DevicePlan {
    private static final int DEFAULT_MODE = 0666;
    private static final int DIRECTORY_MODE = 0755;
    private static final String DEV = "/dev/";
    private static final String PTMX = "ptmx";

    /** Name, major, minor of each default device. */
    private static final String[] DEFAULTS = {
        "null", "1", "3", "zero", "1", "5", "full", "1", "7", "random", "1", "8", "urandom", "1", "9", "tty", "5", "0"
    };

    /** Name and target of each default link. */
    private static final String[] LINKS = {
        "fd",
        "/proc/self/fd",
        "stdin",
        "/proc/self/fd/0",
        "stdout",
        "/proc/self/fd/1",
        "stderr",
        "/proc/self/fd/2",
        "core",
        "/proc/kcore"
    };

    private final Launch launch;
    private final Program parent;
    private final Program child;
    private final Slot root;
    private final Slot dev;

    DevicePlan(Launch launch, Program parent, Program child, Slot root) {
        this.launch = launch;
        this.parent = parent;
        this.child = child;
        this.root = root;
        this.dev = launch.slots().open("dev");
    }

    void add() {
        if (MountPlan.devIsBound(launch.mounts())) {
            return;
        }
        child.add(
                "default devices",
                new PathOp.MakeMountPoint(dev, root, "/dev", PathOp.MakeMountPoint.DIRECTORY, DIRECTORY_MODE));
        for (int i = 0; i < LINKS.length; i += 2) {
            link(LINKS[i], LINKS[i + 1]);
        }
        boolean hasTerminals = hasMount("/dev/pts");
        if (hasTerminals) {
            link(PTMX, "pts/ptmx");
        }
        List<Device> devices = launch.linux().devices();
        for (int i = 0; i < devices.size(); i++) {
            Device device = devices.get(i);
            if (hasTerminals && device.path().equals(DEV + PTMX)) {
                continue; // engines that list the host's devices list it too; the container's own terminals are meant
            }
            String origin = Launch.at("/linux/devices/" + i + " (" + device.path() + ")");
            add(origin, device.path(), node(device));
        }
        for (int i = 0; i < DEFAULTS.length; i += 3) {
            String path = DEV + DEFAULTS[i];
            if (!isConfigured(devices, path)) {
                add("default device " + path, path, defaultNode(i));
            }
        }
    }

    private void link(String name, String target) {
        child.add("default link " + DEV + name, new PathOp.Symlink(dev, target, name));
    }

    /** In a user namespace nobody may make a device (mknod(2)): there the host's own is mounted in its place. */
    private void add(String origin, String path, PathOp.MakeNode node) {
        if (launch.namespaces().isHosts(NamespaceType.USER)) {
            child.add(origin, node);
            return;
        }
        Slot device = launch.slots().open("device");
        parent.add(origin, new MountOp.OpenTree(device, Slot.CWD, path, Kernel.OPEN_TREE_CLONE, 0));
        Slot point = launch.slots().scratch("device-point");
        child.add(origin, new PathOp.MakeMountPoint(point, root, path, PathOp.MakeMountPoint.FILE, 0));
        child.add(origin, new MountOp.MoveMount(device, point, ""));
        launch.slots().release(point);
    }

    private PathOp.MakeNode defaultNode(int index) {
        int major = Integer.parseInt(DEFAULTS[index + 1]);
        int minor = Integer.parseInt(DEFAULTS[index + 2]);
        return new PathOp.MakeNode(dev, DEFAULTS[index], Kernel.S_IFCHR | DEFAULT_MODE, major, minor, 0, 0);
    }

    private PathOp.MakeNode node(Device device) {
        int mode = (int) orElse(device.fileMode(), DEFAULT_MODE) & 07777;
        return new PathOp.MakeNode(
                root,
                device.path(),
                fileType(device.type()) | mode,
                (int) device.major(),
                (int) device.minor(),
                (int) orElse(device.uid(), 0),
                (int) orElse(device.gid(), 0));
    }

    private static int fileType(DeviceType type) {
        return switch (type) {
            case CHARACTER, UNBUFFERED -> Kernel.S_IFCHR;
            case BLOCK -> Kernel.S_IFBLK;
            case FIFO -> Kernel.S_IFIFO;
        };
    }

    private static long orElse(@Nullable Long value, long otherwise) {
        return value == null ? otherwise : value;
    }

    private static boolean isConfigured(List<Device> devices, String path) {
        for (Device device : devices) {
            if (device.path().equals(path)) {
                return true;
            }
        }
        return false;
    }

    private boolean hasMount(String destination) {
        for (Mount mount : launch.mounts()) {
            if (mount.destination().equals(destination)) {
                return true;
            }
        }
        return false;
    }
}
