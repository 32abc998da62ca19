// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.notify;

import dev.ipcell.shim.ChildFacts;
import dev.ipcell.shim.linux.DatagramCalls;
import dev.ipcell.shim.linux.Errno;
import dev.ipcell.shim.linux.Fd;
import dev.ipcell.shim.linux.Processes;
import dev.ipcell.shim.linux.SyscallException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Looks after a container's process while something else is waited for. */
final class Watch implements AutoCloseable {
    /** Of the fields in /proc/PID/stat that follow the name, the one that tells when the process began (proc_pid_stat(5)). */
    private static final int START_FIELD = 20;

    /** Null: it has ended already. */
    private final @Nullable Fd process;

    Watch(ChildFacts container) throws IOException {
        process = open(container);
    }

    private static @Nullable Fd open(ChildFacts container) throws IOException {
        try {
            Fd opened = Processes.pidfd(container.pid());
            if (startTime(container.pid()) == container.startTime()) {
                return opened;
            }
            opened.close(); // the number is another process's now
            return null;
        } catch (SyscallException e) {
            if (e.errno() == Errno.ESRCH) {
                return null;
            }
            throw e;
        }
    }

    /** In clock ticks; -1 if there is no such process. */
    private static long startTime(int pid) {
        try {
            Path stat = Path.of("/proc/" + pid + "/stat");
            String text = new String(Files.readAllBytes(stat), StandardCharsets.ISO_8859_1);
            String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
            return Long.parseLong(fields[START_FIELD - 1]);
        } catch (IOException gone) {
            return -1;
        }
    }

    /**
     * Waits for a descriptor, or the process's end.
     *
     * @return 0: the descriptor is ready, whatever the process; else it is not
     */
    int await(int millis, int descriptor) throws IOException {
        return process == null
                ? DatagramCalls.await(0, descriptor)
                : DatagramCalls.await(millis, descriptor, process.number());
    }

    @Override
    public void close() throws IOException {
        if (process != null) {
            process.close();
        }
    }
}
