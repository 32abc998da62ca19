// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.CgroupOp;
import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.Hello;
import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.TerminalOp;
import dev.ipcell.spec.ConsoleSize;
import dev.ipcell.spec.Process;
import org.jspecify.annotations.Nullable;

/** A new terminal of the container's, from its own devpts. */
final class TerminalPlan {
    private TerminalPlan() {}

    /** Whether what comes out goes to the caller's standard output as it is, and that is no terminal. */
    static boolean endsLines(Hello hello, @Nullable String consoleSocket) {
        return consoleSocket != null || hello.isTerminal(1);
    }

    /**
     * Adds the child's operations.
     *
     * @param process whose user the terminal belongs to, so that programs may open it again
     * @param endsLines whether a line feed comes out as carriage return and line feed, as a terminal behind it needs it
     * @param console where the terminal is to be found as {@code /dev/console}, or null
     * @param toParent takes the master in the parent
     */
    static void add(
            Program child, Slots slots, Process process, boolean endsLines, @Nullable Slot console, Slot toParent) {
        String origin = Launch.at("/process/terminal");
        Slot master = slots.open("pty-master");
        Slot slave = slots.open("pty-slave");
        ConsoleSize size = process.consoleSize();
        int rows = size == null ? 0 : (int) size.height();
        int columns = size == null ? 0 : (int) size.width();
        child.add(
                origin,
                new TerminalOp.OpenPty(master, slave, "/dev/pts/ptmx", rows, columns, endsLines ? 0 : Kernel.ONLCR));
        child.add(origin, new DescriptorOp.Verify(master, Kernel.S_IFCHR, -1, -1, Kernel.DEVPTS_SUPER_MAGIC));
        // The group stays the one that the mount says. In vain for an id that the user namespace does not have.
        child.add(Step.optional(
                origin, new CgroupOp.Chown(slave, "", (int) process.user().uid(), CgroupOp.Chown.KEPT)));
        if (console != null) {
            Slot copy = slots.open("console");
            int flags = Kernel.OPEN_TREE_CLONE | Kernel.AT_EMPTY_PATH;
            child.add(origin, new MountOp.OpenTree(copy, slave, "", flags, 0));
            child.add(origin, new MountOp.MoveMount(copy, console, ""));
        }
        child.add(origin, new ChildOp.SendFd(master, toParent));
        child.add(origin, new TerminalOp.UseTerminal(slave));
    }
}
