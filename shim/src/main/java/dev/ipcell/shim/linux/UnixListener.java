// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A stream socket of the Unix family that waits for callers (unix(7)). Many threads may wait in {@link #accept}. */
public final class UnixListener implements AutoCloseable {
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_CLOEXEC = Descriptors.O_CLOEXEC;
    private static final int SO_PEERCRED = 17;
    private static final int SO_RCVTIMEO = 20;
    private static final int MAX_PATH = 107;
    private static final int ADDRESS_SIZE = 110;
    private static final int UCRED_SIZE = 12;
    private static final int TIMEVAL_SIZE = 16;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int MESSAGE_ROOM = 64;

    // int socket(int domain, int type, int protocol);
    private static final MethodHandle SOCKET = Native.function("socket");
    // int bind(int socket, const struct sockaddr *address, socklen_t length);
    private static final MethodHandle BIND = Native.function("bind");
    // int listen(int socket, int backlog);
    private static final MethodHandle LISTEN = Native.function("listen");
    // int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);
    private static final MethodHandle ACCEPT4 = Native.function("accept4");
    // ssize_t recvmsg(int socket, struct msghdr *message, int flags);
    private static final MethodHandle RECVMSG = Native.function("recvmsg");
    // int getsockopt(int socket, int level, int name, void *value, socklen_t *length);
    private static final MethodHandle GETSOCKOPT = Native.function("getsockopt");
    // int setsockopt(int socket, int level, int name, const void *value, socklen_t length);
    private static final MethodHandle SETSOCKOPT = Native.function("setsockopt");

    private final Fd socket;

    private UnixListener(Fd socket) {
        this.socket = socket;
    }

    /**
     * Who is at the other end of a connection, as the kernel noted it when it was made ({@code SO_PEERCRED}).
     *
     * @param pid 0 if it is outside our pid namespace
     */
    public record Peer(int pid, int uid, int gid) {}

    /**
     * Binds to a path that is free, and listens.
     *
     * @param backlog how many callers may wait for {@link #accept}
     * @throws SyscallException if it cannot; EADDRINUSE if there is a file already
     * @throws IllegalArgumentException if the path has more than 107 bytes
     */
    public static UnixListener bind(Path path, int backlog) throws IOException {
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        if (name.length > MAX_PATH) {
            throw new IllegalArgumentException("a socket's path has " + MAX_PATH + " bytes at most: " + path);
        }
        Fd socket =
                new Fd(Native.callInt(SOCKET, "socket", path, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), path.toString());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(ADDRESS_SIZE, Long.BYTES);
            address.set(JAVA_SHORT, 0, (short) AF_UNIX);
            MemorySegment.copy(name, 0, address, JAVA_BYTE, Short.BYTES, name.length);
            Native.call(BIND, "bind", path, socket.number(), address.address(), ADDRESS_SIZE);
            Native.call(LISTEN, "listen", path, socket.number(), backlog);
            return new UnixListener(socket);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** A socket that listens already, such as the one that systemd hands over (sd_listen_fds(3)). */
    public static UnixListener inherited(int descriptor) {
        return new UnixListener(new Fd(descriptor, "the socket that was handed over"));
    }

    /** How long {@link #accept} waits, in milliseconds; 0: for ever. */
    public void patience(int millis) throws IOException {
        timeout(socket, millis);
    }

    /**
     * The next caller's connection. Of the threads that wait for one, the kernel wakes the one that has waited longest.
     *
     * @return null if none came in the time that is set
     */
    @SuppressWarnings("exports") // an annotation that callers need not have
    public @Nullable Fd accept() throws IOException {
        try {
            int connection = Native.callInt(ACCEPT4, "accept4", socket, socket.number(), 0, 0, SOCK_CLOEXEC);
            return new Fd(connection, "a caller");
        } catch (SyscallException e) {
            if (e.errno() == Errno.EAGAIN || e.errno() == Errno.ECONNABORTED) {
                return null;
            }
            throw e;
        }
    }

    /** Who called. */
    public static Peer peer(Fd connection) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment peer = arena.allocate(UCRED_SIZE, Integer.BYTES);
            MemorySegment size = arena.allocate(JAVA_INT);
            size.set(JAVA_INT, 0, UCRED_SIZE);
            Native.call(
                    GETSOCKOPT,
                    "getsockopt",
                    connection,
                    connection.number(),
                    MessageLayout.SOL_SOCKET,
                    SO_PEERCRED,
                    peer.address(),
                    size.address());
            return new Peer(peer.getAtIndex(JAVA_INT, 0), peer.getAtIndex(JAVA_INT, 1), peer.getAtIndex(JAVA_INT, 2));
        }
    }

    /**
     * Takes a message and the descriptor that came along with it ({@code SCM_RIGHTS}, unix(7)).
     *
     * @param subject what it is, for error messages
     * @return null if none came along
     */
    @SuppressWarnings("exports") // an annotation that callers need not have
    public static @Nullable Fd receive(Fd connection, String subject) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(MESSAGE_ROOM);
            MemorySegment part = arena.allocate(MessageLayout.IOVEC_SIZE, Long.BYTES);
            part.set(JAVA_LONG, 0, text.address());
            part.set(JAVA_LONG, Long.BYTES, MESSAGE_ROOM);
            MemorySegment control = arena.allocate(MessageLayout.RIGHTS_SPACE, Long.BYTES);
            MemorySegment message = arena.allocate(MessageLayout.MSGHDR_SIZE, Long.BYTES);
            message.set(JAVA_LONG, MessageLayout.MSG_IOV, part.address());
            message.set(JAVA_LONG, MessageLayout.MSG_IOVLEN, 1);
            message.set(JAVA_LONG, MessageLayout.MSG_CONTROL, control.address());
            message.set(
                    JAVA_LONG,
                    MessageLayout.MSG_CONTROLLEN,
                    MessageLayout.CMSG_HEAD + Integer.BYTES); // room for one, as nobody would close a second
            Native.call(RECVMSG, "recvmsg", connection, connection.number(), message.address(), MSG_CMSG_CLOEXEC);
            boolean isThere = message.get(JAVA_LONG, MessageLayout.MSG_CONTROLLEN) > MessageLayout.CMSG_HEAD
                    && control.get(JAVA_INT, MessageLayout.CMSG_LEVEL) == MessageLayout.SOL_SOCKET
                    && control.get(JAVA_INT, MessageLayout.CMSG_TYPE) == MessageLayout.SCM_RIGHTS;
            return isThere ? new Fd(control.get(JAVA_INT, MessageLayout.CMSG_HEAD), subject) : null;
        }
    }

    /** How long a read from the socket may wait before it fails with EAGAIN; 0: for ever. */
    public static void timeout(Fd connection, int millis) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment time = arena.allocate(TIMEVAL_SIZE, Long.BYTES);
            time.setAtIndex(JAVA_LONG, 0, millis / 1000);
            time.setAtIndex(JAVA_LONG, 1, millis % 1000 * 1000L);
            Native.call(
                    SETSOCKOPT,
                    "setsockopt",
                    connection,
                    connection.number(),
                    MessageLayout.SOL_SOCKET,
                    SO_RCVTIMEO,
                    time.address(),
                    TIMEVAL_SIZE);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
