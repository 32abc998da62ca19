// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;

/** Pairs of connected descriptors: socketpair(2) and pipe(2). */
public final class Sockets {
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_CLOEXEC = Descriptors.O_CLOEXEC;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int CHUNK = 1 << 16;

    // int socketpair(int domain, int type, int protocol, int pair[2]);
    private static final MethodHandle SOCKETPAIR = Native.function("socketpair");
    // int pipe2(int pair[2], int flags);
    private static final MethodHandle PIPE2 = Native.function("pipe2");
    // ssize_t send(int socket, const void *buffer, size_t length, int flags);
    private static final MethodHandle SEND = Native.function("send");

    private Sockets() {}

    /** Two connected stream sockets of the Unix family. */
    public static List<Fd> pair() throws SyscallException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pair = arena.allocate(JAVA_INT, 2);
            Native.call(SOCKETPAIR, "socketpair", "", AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.address());
            return both(pair, "socket");
        }
    }

    /** A pipe: the end to read from, then the end to write to. */
    public static List<Fd> pipe() throws SyscallException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pair = arena.allocate(JAVA_INT, 2);
            Native.call(PIPE2, "pipe2", "", pair.address(), Descriptors.O_CLOEXEC);
            return both(pair, "pipe");
        }
    }

    /** Sends all bytes; a peer that has gone is EPIPE, without the signal. */
    static void send(Fd socket, byte[] data, int offset, int length) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(Math.min(length, CHUNK), 1);
            for (int done = 0; done < length; ) {
                int count = Math.min(length - done, CHUNK);
                MemorySegment.copy(data, offset + done, buffer, JAVA_BYTE, 0, count);
                done += Native.callInt(SEND, "send", socket, socket.number(), buffer.address(), count, MSG_NOSIGNAL);
            }
        }
    }

    private static List<Fd> both(MemorySegment pair, String subject) {
        return List.of(new Fd(pair.getAtIndex(JAVA_INT, 0), subject), new Fd(pair.getAtIndex(JAVA_INT, 1), subject));
    }
}
