// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.shim.CgroupOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Op;
import dev.ipcell.shim.PathOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The operations that make a container's cgroups, put it into them, and remove them; by cgroupfs, as the root of the machine. */
public final class CgroupOps implements CgroupDirectories {
    private static final String ORIGIN = "config.json /linux/cgroupsPath";
    private static final int O_WRONLY = 1;
    private static final int O_DIRECTORY = 0x10000;
    private static final int DIRECTORY_MODE = 0755;

    /** How long a cgroup may stay busy after its last process was killed; the kernel removes a process from it late. */
    private static final int BUSY_MILLIS = 5000;

    private final CgroupLayout layout;
    private final CgroupPath path;
    private final @Nullable CgroupOwner owner;

    /**
     * The operations for one container.
     *
     * @param owner whom its version 2 cgroup is handed over to, or null for nobody
     */
    public CgroupOps(CgroupLayout layout, CgroupPath path, @Nullable CgroupOwner owner) {
        this.layout = layout;
        this.path = path;
        this.owner = owner;
    }

    /** Makes the cgroup in every hierarchy; each directory made carries its removal. */
    public void make(Program program) {
        for (Hierarchy hierarchy : layout.hierarchies()) {
            make(program, hierarchy);
        }
    }

    /** Makes it only in the unified hierarchy, or only in those of version 1. */
    public void make(Program program, boolean unified) {
        for (Hierarchy hierarchy : layout.hierarchies()) {
            if (hierarchy.unified() == unified) {
                make(program, hierarchy);
            }
        }
    }

    private void make(Program program, Hierarchy hierarchy) {
        CgroupPath.Place place = path.in(hierarchy, layout.isUnifiedOnly());
        String directory = below(hierarchy.mountPoint(), place.from());
        int left = place.components().size();
        for (String component : place.components()) {
            String parent = directory;
            directory = below(directory, "/" + component);
            program.add(
                    ORIGIN,
                    new PathOp.MakeDir(Slot.CWD, directory, DIRECTORY_MODE, PathOp.MakeDir.MAY_EXIST),
                    removal(directory, --left == 0));
            if (hierarchy.has("cpuset")) {
                inheritCpuset(program, parent, directory);
            }
        }
    }

    /**
     * Makes sure that the cgroup is there that systemd has made, and empties it if the launch fails. The kernel tells systemd then, which
     * removes it; that would be lost with the directory.
     */
    public void adopt(Program program, Slots slots) {
        Hierarchy unified = layout.unified();
        if (unified == null) {
            throw new IllegalStateException("no unified hierarchy");
        }
        Slot slot = slots.open("cgroup");
        String directory = directory(unified);
        program.add(
                ORIGIN,
                new DescriptorOp.OpenFd(slot, Slot.CWD, directory, O_DIRECTORY, 0, 0),
                new CgroupOp.KillCgroup(Slot.CWD, directory, BUSY_MILLIS, 0));
        program.add(ORIGIN, new DescriptorOp.CloseFd(slot));
        slots.release(slot);
    }

    /** Hands the cgroup of the unified hierarchy over to its owner. The limits are set by then, as their files come with controllers. */
    public void handOver(Program program) {
        Hierarchy unified = layout.unified();
        if (unified == null || owner == null) {
            return;
        }
        String directory = directory(unified);
        program.add(ORIGIN, new CgroupOp.Chown(Slot.CWD, directory, owner.uid(), CgroupOp.Chown.KEPT));
        for (String file : owner.files()) {
            program.add(ORIGIN, new CgroupOp.Chown(Slot.CWD, directory + "/" + file, owner.uid(), CgroupOp.Chown.KEPT));
        }
    }

    /**
     * Puts the process that runs the program into the version 1 cgroups.
     *
     * <p>It moves itself, by one thread's file: the kernel then needs no lock on all processes of the machine, whose waiting time of 10
     * ms and more is otherwise the longest part of a launch (kernel commit 9a3284fad42f, "cgroup: Optimize single thread migration").
     */
    public void enter(Program child) {
        for (Hierarchy hierarchy : layout.hierarchies()) {
            if (!hierarchy.unified()) {
                child.add(
                        ORIGIN,
                        new FileOp.WriteFile(
                                Slot.CWD, directory(hierarchy) + "/tasks", O_WRONLY, 0, 0, new byte[] {'0'}));
            }
        }
    }

    /**
     * Opens the cgroup of the unified hierarchy, in which a child can be started at once.
     *
     * @return the slot, or {@link Slot#NONE} if that hierarchy is not mounted
     */
    public Slot open(Program program, Slots slots) {
        Hierarchy unified = layout.unified();
        if (unified == null) {
            return Slot.NONE;
        }
        Slot slot = slots.open("cgroup");
        program.add(ORIGIN, new DescriptorOp.OpenFd(slot, Slot.CWD, directory(unified), O_DIRECTORY, 0, 0));
        return slot;
    }

    /** Writes one of the container's cgroup files. */
    public void write(Program program, String origin, Hierarchy hierarchy, String file, String value) {
        byte[] data = value.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        program.add(origin, new FileOp.WriteFile(Slot.CWD, directory(hierarchy) + "/" + file, O_WRONLY, 0, 0, data));
    }

    @Override
    public String directory(Hierarchy hierarchy) {
        CgroupPath.Place place = path.in(hierarchy, layout.isUnifiedOnly());
        String directory = below(hierarchy.mountPoint(), place.from());
        for (String component : place.components()) {
            directory = below(directory, "/" + component);
        }
        return directory;
    }

    /** The container's cgroups, as they are remembered in its state. */
    public List<Cgroup> directories() {
        List<Cgroup> directories = new ArrayList<>();
        for (Hierarchy hierarchy : layout.hierarchies()) {
            directories.add(new Cgroup(directory(hierarchy), hierarchy.controllers()));
        }
        return directories;
    }

    /** Whether any of the hierarchies is one of version 1. */
    public boolean hasVersion1() {
        return !layout.hierarchies().isEmpty() && !layout.isUnifiedOnly();
    }

    /** The hierarchies in which the container gets a cgroup. */
    public CgroupLayout layout() {
        return layout;
    }

    private static Op removal(String directory, boolean containersOwn) {
        return containersOwn
                ? new CgroupOp.KillCgroup(Slot.CWD, directory, BUSY_MILLIS, CgroupOp.KillCgroup.REMOVE)
                : new PathOp.RemoveDir(Slot.CWD, directory, BUSY_MILLIS);
    }

    /** A new version 1 cpuset is empty, and no process can be put into it before it has processors and memory nodes. */
    private static void inheritCpuset(Program program, String parent, String directory) {
        for (String file : List.of("/cpuset.cpus", "/cpuset.mems")) {
            program.add(ORIGIN, new FileOp.CopyFile(Slot.CWD, parent + file, directory + file, 0));
        }
    }

    private static String below(String directory, String path) {
        return path.equals("/") ? directory : directory + path;
    }
}
