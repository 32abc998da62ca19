// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The mounts that this process sees, kept, and read again once they have changed: poll(2) tells that much of an open {@code mountinfo}
 * (proc_pid_mountinfo(5)), and the kernel takes some 100 us to write it out. Safe for several threads.
 */
public final class MountTable {
    // struct pollfd (poll(2))
    private static final int POLLFD_SIZE = 8;
    private static final int POLLFD_EVENTS = 4;
    private static final short POLLPRI = 2;

    // int poll(struct pollfd *fds, nfds_t count, int milliseconds);
    private static final MethodHandle POLL = Native.function("poll");

    private final Path mountinfo;
    private @Nullable Fd open;
    private byte[] kept = {};

    /** Not read yet. */
    public MountTable() {
        this(Path.of("/proc/self/mountinfo"));
    }

    MountTable(Path mountinfo) {
        this.mountinfo = mountinfo;
    }

    /**
     * What {@code /proc/self/mountinfo} says, which nobody may change. Not told, and so perhaps out of date: how a mount propagates, and a
     * new name of a directory above one.
     *
     * @throws IOException if it cannot be read
     */
    public synchronized byte[] read() throws IOException {
        return open == null || hasChanged(open) ? readAgain() : kept;
    }

    /**
     * The same with these two.
     *
     * @throws IOException if it cannot be read
     */
    public synchronized byte[] readAgain() throws IOException {
        forget();
        Fd fd = Fd.open(mountinfo, Fd.O_RDONLY);
        try {
            kept = fd.in().readAllBytes();
            open = fd; // What has changed since it was opened is told, even if it is read already.
        } finally {
            if (open == null) {
                fd.close();
            }
        }
        return kept;
    }

    /** Something that was read here has turned out to be wrong. */
    public synchronized void forget() throws IOException {
        Fd old = open;
        open = null;
        kept = new byte[0];
        if (old != null) {
            old.close();
        }
    }

    private boolean hasChanged(Fd fd) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment polled = arena.allocate(POLLFD_SIZE, Integer.BYTES);
            polled.set(JAVA_INT, 0, fd.number());
            polled.set(JAVA_SHORT, POLLFD_EVENTS, POLLPRI);
            return Native.call(POLL, "poll", mountinfo, polled.address(), 1, 0) != 0;
        }
    }
}
