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
import org.jspecify.annotations.Nullable;

/**
 * What the library of datagram sockets cannot: connect(2), sendmsg(2) with a sender and a descriptor, and poll(2) for several
 * descriptors.
 */
public final class DatagramCalls {
    /** How many bytes of a socket's address are its name; one of a file needs one for the NUL at its end. */
    public static final int NAME_ROOM = 108;

    private static final int AF_UNIX = 1;
    private static final int ADDRESS_SIZE = Short.BYTES + NAME_ROOM;
    private static final int SCM_CREDENTIALS = 2;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final short POLLIN = 1;

    private static final int UCRED_SIZE = 12;
    private static final int UCRED_SPACE = 32;
    private static final int POLLFD_SIZE = 8;
    private static final int POLLFD_EVENTS = 4;
    private static final int POLLFD_REVENTS = 6;

    // int connect(int socket, const struct sockaddr *address, socklen_t length);
    private static final MethodHandle CONNECT = Native.function("connect");
    // ssize_t sendmsg(int socket, const struct msghdr *message, int flags);
    private static final MethodHandle SENDMSG = Native.function("sendmsg");
    // int poll(struct pollfd *fds, nfds_t count, int milliseconds);
    private static final MethodHandle POLL = Native.function("poll");

    private DatagramCalls() {}

    /**
     * Who a message is from: this process, or if the kernel lets us (CAP_SYS_ADMIN) another one.
     *
     * @param pid as seen in our pid namespace
     */
    public record Sender(int pid, int uid, int gid) {}

    /**
     * Gives a socket its peer.
     *
     * @param name a path, or an abstract name behind a NUL
     * @param subject what it is, for error messages
     * @throws IllegalArgumentException if the name is too long
     */
    public static void connect(Datagrams socket, byte[] name, String subject) throws SyscallException {
        if (name.length == 0 || name.length > NAME_ROOM) {
            throw new IllegalArgumentException("a socket's name of " + name.length + " bytes");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(ADDRESS_SIZE, Long.BYTES);
            address.set(JAVA_SHORT, 0, (short) AF_UNIX);
            MemorySegment.copy(name, 0, address, JAVA_BYTE, Short.BYTES, name.length);
            // An abstract name is all that the length says (unix(7)).
            int length = name[0] == 0 ? Short.BYTES + name.length : ADDRESS_SIZE;
            Native.call(CONNECT, "connect", subject, socket.descriptor(), address.address(), length);
        }
    }

    /**
     * Sends a datagram to a socket's peer.
     *
     * @param passed a descriptor that goes along, or null
     * @throws SyscallException EPERM if we may not speak for that sender
     */
    @SuppressWarnings("exports") // an annotation that callers need not have
    public static void send(Datagrams socket, byte[] data, @Nullable Sender sender, @Nullable Fd passed, String subject)
            throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(Math.max(1, data.length), 1);
            MemorySegment.copy(data, 0, text, JAVA_BYTE, 0, data.length);
            MemorySegment part = arena.allocate(MessageLayout.IOVEC_SIZE, Long.BYTES);
            part.set(JAVA_LONG, 0, text.address());
            part.set(JAVA_LONG, Long.BYTES, data.length);
            MemorySegment control = arena.allocate(UCRED_SPACE + MessageLayout.RIGHTS_SPACE, Long.BYTES);
            int size = sender == null ? 0 : putSender(control, sender);
            if (passed != null) {
                head(control, size, Integer.BYTES, MessageLayout.SCM_RIGHTS);
                control.set(JAVA_INT, size + MessageLayout.CMSG_HEAD, passed.number());
                size += MessageLayout.RIGHTS_SPACE;
            }
            MemorySegment message = arena.allocate(MessageLayout.MSGHDR_SIZE, Long.BYTES);
            message.set(JAVA_LONG, MessageLayout.MSG_IOV, part.address());
            message.set(JAVA_LONG, MessageLayout.MSG_IOVLEN, 1);
            message.set(JAVA_LONG, MessageLayout.MSG_CONTROL, size == 0 ? 0 : control.address());
            message.set(JAVA_LONG, MessageLayout.MSG_CONTROLLEN, size);
            Native.call(SENDMSG, "sendmsg", subject, socket.descriptor(), message.address(), MSG_NOSIGNAL);
        }
    }

    private static int putSender(MemorySegment control, Sender sender) {
        head(control, 0, UCRED_SIZE, SCM_CREDENTIALS);
        control.set(JAVA_INT, MessageLayout.CMSG_HEAD, sender.pid());
        control.set(JAVA_INT, MessageLayout.CMSG_HEAD + Integer.BYTES, sender.uid());
        control.set(JAVA_INT, MessageLayout.CMSG_HEAD + 2L * Integer.BYTES, sender.gid());
        return UCRED_SPACE;
    }

    private static void head(MemorySegment control, int at, int size, int type) {
        control.set(JAVA_LONG, at, MessageLayout.CMSG_HEAD + size);
        control.set(JAVA_INT, at + MessageLayout.CMSG_LEVEL, MessageLayout.SOL_SOCKET);
        control.set(JAVA_INT, at + MessageLayout.CMSG_TYPE, type);
    }

    /**
     * Waits until one of the descriptors can be read from, or its other end is gone.
     *
     * @param millis how long; -1: for ever
     * @return the index of the first of them, or -1 when the time is over
     */
    public static int await(int millis, int... descriptors) throws SyscallException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment polled = arena.allocate((long) POLLFD_SIZE * descriptors.length, Integer.BYTES);
            for (int i = 0; i < descriptors.length; i++) {
                polled.set(JAVA_INT, (long) POLLFD_SIZE * i, descriptors[i]);
                polled.set(JAVA_SHORT, (long) POLLFD_SIZE * i + POLLFD_EVENTS, POLLIN);
            }
            Native.call(POLL, "poll", "", polled.address(), descriptors.length, millis);
            for (int i = 0; i < descriptors.length; i++) {
                if (polled.get(JAVA_SHORT, (long) POLLFD_SIZE * i + POLLFD_REVENTS) != 0) {
                    return i;
                }
            }
            return -1;
        }
    }
}
