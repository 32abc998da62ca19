// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.planner;

import dev.ipcell.shim.linux.UnixListener;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** What {@code ipcell planner run} becomes. */
public final class ResidentPlanner {
    private static final int BACKLOG = 256;
    private static final int LISTEN_FD = 3;
    private static final int TICK = 1000;

    /** A call that is not at its end by then is undone by its executor; {@code planner stop} waits a little longer. */
    private static final int DRAIN_MILLIS = 10_000;

    private ResidentPlanner() {}

    /**
     * Serves until it is told to end (SIGTERM), or has been idle.
     *
     * @param args the socket's path, the build's ID, seconds after which an idle planner leaves (0: never), and "inherited" if the
     *     socket is descriptor 3 already
     */
    public static void main(String[] args) throws IOException {
        Path socket = Path.of(args[0]);
        boolean inherited = args.length > 3 && args[3].equals("inherited");
        Files.createDirectories(
                socket.getParent(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        // Held as long as we live: who has it is the planner of this place.
        RandomAccessFile file =
                new RandomAccessFile(socket.resolveSibling("pid").toFile(), "rw");
        @Nullable FileLock lock = file.getChannel().tryLock();
        if (lock == null) {
            System.err.println("ipcell: a planner serves " + socket + " already; see ipcell planner status");
            System.exit(1);
            return;
        }
        Files.setPosixFilePermissions(socket.resolveSibling("pid"), PosixFilePermissions.fromString("rw-------"));
        file.setLength(0);
        file.writeBytes(ProcessHandle.current().pid() + "\n");
        int idle = Integer.parseInt(args[2]);
        try (UnixListener listener = inherited ? UnixListener.inherited(LISTEN_FD) : listen(socket)) {
            listener.patience(TICK);
            PlannerService service =
                    new PlannerService(listener, new Identity(args[1]), socket.resolveSibling("mounts"), idle);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> end(service, inherited ? null : socket)));
            service.run();
        }
        System.exit(0);
    }

    /** Callers find the socket once it can be called: it is bound under another name first. */
    private static UnixListener listen(Path socket) throws IOException {
        Path fresh = socket.resolveSibling("socket.new");
        Files.deleteIfExists(fresh);
        UnixListener listener = UnixListener.bind(fresh, BACKLOG);
        Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-------"));
        Files.move(fresh, socket, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        return listener;
    }

    /** Nobody finds the socket any more, and who has found it is served. */
    private static void end(PlannerService service, @Nullable Path socket) {
        if (socket != null) {
            socket.toFile().delete();
        }
        try {
            service.drain(DRAIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
