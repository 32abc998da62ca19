// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.linux.Errno;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a further process of a container goes in its version 2 cgroup. A container that hands controllers on to cgroups of its own has
 * moved its processes into those, and the kernel takes no process into the cgroup above any more (EBUSY; cgroup-v2.rst, "No Internal
 * Process Constraint"). Then its first process shows where one may be; so it does if it has left that cgroup and somebody removed it.
 */
public final class InitCgroup {
    private static final int LIMIT = 1 << 20;
    private static final String ORIGIN = "the container's cgroup";

    private final String directory;
    private final @Nullable Step handedOn;
    private final @Nullable Step membership;

    private InitCgroup(String directory, @Nullable Step handedOn, @Nullable Step membership) {
        this.directory = directory;
        this.handedOn = handedOn;
        this.membership = membership;
    }

    /** Adds the operations that look. */
    public static InitCgroup look(Program program, List<Cgroup> cgroups, int pid) {
        for (Cgroup cgroup : cgroups) {
            if (cgroup.unified()) {
                String directory = cgroup.directory();
                return new InitCgroup(
                        directory,
                        program.add(read(directory + "/cgroup.subtree_control")),
                        program.add(read("/proc/" + pid + "/cgroup")));
            }
        }
        return new InitCgroup("", null, null);
    }

    private static Step read(String file) {
        return Step.optional(ORIGIN, new FileOp.ReadFile(Slot.CWD, file, LIMIT, 0));
    }

    /** True if there is no such cgroup any more: {@link #elsewhere} tells where to go. */
    public boolean isGone(BatchResult seen) {
        return handedOn != null && seen.errno(handedOn) == Errno.ENOENT;
    }

    /** The directory of the cgroup to join. */
    public String directory(BatchResult seen) {
        return handedOn == null || text(seen, handedOn).isBlank()
                ? directory
                : directory + below(directory, text(seen, membership));
    }

    /**
     * The directory of the first process's cgroup, wherever it is.
     *
     * @param mountinfo {@code /proc/self/mountinfo}, which tells where the hierarchy is mounted
     */
    public String elsewhere(BatchResult seen, String mountinfo) {
        return elsewhere(directory, mountinfo, text(seen, membership));
    }

    private static String text(BatchResult seen, @Nullable Step step) {
        return step == null ? "" : new String(seen.value(step), StandardCharsets.UTF_8);
    }

    /** A process that has ended, or that is above what the caller sees, shows nothing: then it is the first directory, which is gone. */
    static String elsewhere(String directory, String mountinfo, String membership) {
        Hierarchy unified = CgroupLayout.parse(mountinfo, membership).unified();
        if (unified == null || !("\n" + membership).contains("\n0::")) {
            return directory;
        }
        String path = unified.own();
        if (path.equals("/..") || path.startsWith("/../")) {
            return directory;
        }
        return path.equals("/") ? unified.mountPoint() : unified.mountPoint() + path;
    }

    /**
     * How far below a directory the unified cgroup of a process is. The membership does not begin at the mount point; so the container's
     * own part of it is the longest beginning that the directory ends with.
     */
    static String below(String directory, String membership) {
        for (String line : membership.split("\n", -1)) {
            if (line.startsWith("0::")) {
                String path = line.substring(3);
                for (int end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
                    if (directory.endsWith(path.substring(0, end))) {
                        return path.substring(end);
                    }
                }
            }
        }
        return "";
    }
}
