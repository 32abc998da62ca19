// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.notify;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.ChildFacts;
import dev.ipcell.shim.Hello;
import dev.ipcell.shim.linux.DatagramCalls;
import dev.ipcell.shim.linux.DatagramLibrary;
import dev.ipcell.shim.linux.Datagrams;
import dev.ipcell.shim.linux.Errno;
import dev.ipcell.shim.linux.Fd;
import dev.ipcell.shim.linux.Sockets;
import dev.ipcell.shim.linux.SyscallException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Listens in a container's place at a socket of its own, and tells the service manager, once, that the container is ready. Nothing else
 * that the container says goes any further: a service manager trusts what it is told.
 *
 * <p>It speaks for the executor, which is the process that the service manager started and listens to.
 */
public final class NotifyRelay {
    /** For the service manager to take a message, and to say that it has seen all. */
    private static final int PATIENCE_MILLIS = 30_000;

    /** As much of a message as service managers take. */
    private static final int LIMIT = 4096;

    private static final String READY = "READY=1";
    private static final String LIBRARY = "jnr";

    private final NotifySocket manager;
    private DatagramCalls.@Nullable Sender sender;
    private final Opening opening = new Opening();
    private @Nullable Datagrams inside;

    /** The one that the socket is in: another container's may have its name when we close. */
    private @Nullable Fd directory;

    private NotifyRelay(Hello hello, NotifySocket manager) {
        Hello.Caller caller = hello.caller();
        this.manager = manager;
        this.sender = new DatagramCalls.Sender(hello.pid(), caller.euid(), caller.egid());
    }

    /** The way out, opened in a thread of its own: to load the library takes longer than to set a container up. */
    private final class Opening extends Thread {
        private Datagrams.@Nullable Provider library;
        private @Nullable Datagrams outside;
        private @Nullable Throwable trouble;

        @Override
        public void run() {
            try {
                Path home = Path.of(System.getProperty("java.home"));
                library = DatagramLibrary.load(home.resolveSibling(LIBRARY));
                outside = library.open(PATIENCE_MILLIS);
                DatagramCalls.connect(outside, manager.address(), manager.name());
            } catch (IOException | LinkageError e) {
                trouble = e;
            }
        }
    }

    /** Begins to make a relay to this service manager. */
    public static NotifyRelay begin(Hello hello, NotifySocket manager) {
        NotifyRelay relay = new NotifyRelay(hello, manager);
        relay.opening.setDaemon(true);
        relay.opening.start();
        return relay;
    }

    /**
     * Listens, from now on.
     *
     * @param path the directory that the container sees; there is no socket in it
     * @throws Failure if the service manager cannot be reached, or the socket not be made
     */
    public void listen(Path path) throws Failure {
        join(opening);
        Throwable trouble = opening.trouble;
        if (trouble instanceof SyscallException refused) {
            throw manager.failure("connect: " + Errno.text(refused.errno()) + " (" + Errno.name(refused.errno()) + ")");
        }
        Datagrams.Provider library = opening.library;
        if (trouble != null || library == null) {
            throw manager.failure("the library for it cannot be loaded: " + trouble + "; reinstall ipcell");
        }
        // By its descriptor the directory may have a longer path than a socket's name.
        try {
            directory = Fd.open(path, Fd.O_PATH);
            Datagrams socket = library.open(PATIENCE_MILLIS);
            Path name = directory.procPath().resolve(NotifySocket.FILE);
            socket.bind(name);
            Files.setPosixFilePermissions(name, PosixFilePermissions.fromString("rwxrwxrwx")); // any user's, inside
            inside = socket;
        } catch (IOException e) {
            throw manager.failure("the container's own socket: " + e.getMessage());
        }
    }

    /**
     * Waits until the container is ready.
     *
     * @return false if it ended before
     */
    public boolean awaitReady(ChildFacts container) throws Failure {
        ByteBuffer buffer = ByteBuffer.allocate(LIMIT + 1);
        try (Watch watch = new Watch(container)) {
            Datagrams socket = opened(inside);
            while (true) {
                // What was said before the end counts.
                if (watch.await(-1, socket.descriptor()) != 0) {
                    return false;
                }
                buffer.clear();
                socket.receive(buffer);
                buffer.flip();
                if (isReady(buffer)) {
                    return true;
                }
            }
        } catch (IOException e) {
            throw manager.failure("the container's own socket: " + e.getMessage());
        }
    }

    /** A line of a message that is not too long says so. */
    static boolean isReady(ByteBuffer message) {
        if (message.remaining() > LIMIT) {
            return false;
        }
        String text = StandardCharsets.ISO_8859_1.decode(message).toString();
        if (text.endsWith("\0")) {
            text = text.substring(0, text.length() - 1);
        }
        for (int start = 0; start <= text.length(); ) {
            int end = text.indexOf('\n', start);
            end = end < 0 ? text.length() : end;
            if (text.substring(start, end).equals(READY)) {
                return true;
            }
            start = end + 1;
        }
        return false;
    }

    /**
     * Tells that the container is ready, and which process is to be watched.
     *
     * @throws Failure if the service manager does not take it
     */
    public void tell(int mainPid) throws Failure {
        try {
            send(READY + "\n", null);
            send("MAINPID=" + mainPid + "\n", null);
        } catch (IOException e) {
            throw manager.failure("the container is ready, and nobody could be told: " + e.getMessage());
        }
    }

    /** Waits until the service manager has seen what it was told, or says nothing for long, or the container has ended. */
    public void barrier(ChildFacts container) {
        try (Watch watch = new Watch(container)) {
            List<Fd> pipe = Sockets.pipe();
            try (Fd in = pipe.getFirst()) {
                try (Fd out = pipe.getLast()) {
                    send("BARRIER=1", out);
                }
                watch.await(PATIENCE_MILLIS, in.number());
            }
        } catch (IOException ignored) {
            // It was told already; this only makes sure that it has heard it before we are gone.
        }
    }

    /** Listens no more. */
    public void close() {
        try (Fd opened = directory) {
            if (inside != null) {
                inside.close();
            }
            if (inside != null && opened != null) {
                Files.deleteIfExists(opened.procPath().resolve(NotifySocket.FILE));
            }
        } catch (IOException ignored) {
            // The container may have put something else there; what is left goes when the container is deleted.
        }
    }

    private void send(String text, @Nullable Fd passed) throws IOException {
        Datagrams socket = opened(opening.outside);
        byte[] data = text.getBytes(StandardCharsets.US_ASCII);
        try {
            DatagramCalls.send(socket, data, sender, passed, manager.name());
        } catch (SyscallException e) {
            if (sender == null || e.errno() != Errno.EPERM) {
                throw e;
            }
            // We may not speak for another process here; some service managers listen to all of a service's.
            sender = null;
            DatagramCalls.send(socket, data, null, passed, manager.name());
        }
    }

    private static Datagrams opened(@Nullable Datagrams socket) throws IOException {
        if (socket == null) {
            throw new IOException("not listening");
        }
        return socket;
    }

    /** Waits for a thread, whatever interrupts. */
    @SuppressWarnings("ThreadJoinLoop") // what it proposes is another library's
    static void join(Thread thread) {
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException ignored) {
                // Nobody interrupts us on purpose.
            }
        }
    }
}
