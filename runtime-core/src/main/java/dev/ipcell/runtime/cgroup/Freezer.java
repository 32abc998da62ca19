// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.shim.CgroupOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Stops all processes of a container where they are, and lets them go on. */
public final class Freezer {
    private static final int O_WRONLY = 1;

    /** A process in the middle of a slow system call freezes late. */
    private static final int PATIENCE_MILLIS = 10_000;

    private final Hierarchy home;
    private final String directory;

    private Freezer(Hierarchy home, String directory) {
        this.home = home;
        this.directory = directory;
    }

    /** The container's freezer, or null if no mounted hierarchy has one. */
    public static @Nullable Freezer of(CgroupLayout layout, CgroupDirectories directories) {
        Hierarchy version1 = layout.version1("freezer");
        Hierarchy home = version1 == null ? layout.unified() : version1;
        return home == null ? null : new Freezer(home, directories.directory(home));
    }

    /** Adds what freezes the container and waits until it is; should it not freeze, or a later step fail, it is thawed again. */
    public void pause(Program program, String origin) {
        if (home.unified()) {
            program.add(origin, write("cgroup.freeze", "1"), write("cgroup.freeze", "0"));
            program.add(origin, await("cgroup.events", "frozen 1", ""));
        } else {
            // While processes come into being there, one write may miss some.
            program.add(origin, write("freezer.state", "FROZEN"), write("freezer.state", "THAWED"));
            program.add(origin, await("freezer.state", "FROZEN", "FROZEN"));
        }
    }

    /** Adds what thaws the container. */
    public void resume(Program program, String origin) {
        program.add(origin, home.unified() ? write("cgroup.freeze", "0") : write("freezer.state", "THAWED"));
    }

    /** The file that tells whether the container was paused itself, and not the cgroups above it. */
    public CgroupFile file() {
        return new CgroupFile(home, home.unified() ? "cgroup.freeze" : "freezer.self_freezing");
    }

    /** Whether {@link #file} says so. */
    public static boolean isPaused(String text) {
        return text.strip().equals("1");
    }

    private FileOp write(String file, String value) {
        byte[] data = value.getBytes(StandardCharsets.UTF_8);
        return new FileOp.WriteFile(Slot.CWD, directory + "/" + file, O_WRONLY, 0, 0, data);
    }

    private CgroupOp await(String file, String line, String again) {
        return new CgroupOp.AwaitFile(Slot.CWD, directory + "/" + file, line, again, PATIENCE_MILLIS);
    }
}
