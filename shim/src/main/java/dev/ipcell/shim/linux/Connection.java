// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * A connected stream socket with buffers of its own, which are made once, as each call of the C library would else cost the making of
 * new ones. For the thread that made it. {@link #close()} closes the socket.
 */
public final class Connection implements AutoCloseable {
    private static final int MSG_NOSIGNAL = 0x4000;

    // ssize_t recv(int socket, void *buffer, size_t length, int flags);
    private static final MethodHandle RECV = Native.function("recv");
    // ssize_t send(int socket, const void *buffer, size_t length, int flags);
    private static final MethodHandle SEND = Native.function("send");

    private final Fd socket;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state;
    private final MemorySegment received;
    private final MemorySegment sent;
    private int at;
    private int end;
    private boolean patient = true;
    private long deadline;

    /**
     * Takes over a socket.
     *
     * @param room the size of each buffer in bytes; it limits no message
     */
    public Connection(Fd socket, int room) {
        this.socket = socket;
        this.state = Native.state(arena);
        this.received = arena.allocate(room, 1);
        this.sent = arena.allocate(room, 1);
    }

    /** All that is read from here on has to come within so many milliseconds; then a read fails with EAGAIN. */
    public void bePatientFor(int millis) throws IOException {
        UnixListener.timeout(socket, millis);
        patient = false;
        deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    }

    /** From here on a read waits for as long as it takes. */
    public void bePatient() {
        patient = true;
    }

    /** What the peer says. */
    public InputStream in() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                return at == end && !fill() ? -1 : received.get(JAVA_BYTE, at++) & 0xff;
            }

            @Override
            public int read(byte[] data, int offset, int length) throws IOException {
                Objects.checkFromIndexSize(offset, length, data.length);
                if (length == 0) {
                    return 0;
                }
                if (at == end && !fill()) {
                    return -1;
                }
                int count = Math.min(length, end - at);
                MemorySegment.copy(received, JAVA_BYTE, at, data, offset, count);
                at += count;
                return count;
            }
        };
    }

    private boolean fill() throws IOException {
        while (true) {
            if (!patient && System.nanoTime() - deadline > 0) {
                throw new SyscallException("recv", Errno.EAGAIN, socket.toString());
            }
            try {
                long count = Native.call(
                        RECV, state, "recv", socket, socket.number(), received.address(), received.byteSize(), 0);
                at = 0;
                end = (int) count;
                return count > 0;
            } catch (SyscallException e) {
                boolean again = e.errno() == Errno.EINTR || (patient && e.errno() == Errno.EAGAIN);
                if (!again) {
                    throw e;
                }
            }
        }
    }

    /** What is said to the peer; one that has gone is an error, without the signal. */
    public OutputStream out() {
        return new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] data, int offset, int length) throws IOException {
                for (int done = 0; done < length; ) {
                    int count = (int) Math.min(length - done, sent.byteSize());
                    MemorySegment.copy(data, offset + done, sent, JAVA_BYTE, 0, count);
                    done += send(count);
                }
            }
        };
    }

    private int send(int count) throws IOException {
        while (true) {
            try {
                return (int)
                        Native.call(SEND, state, "send", socket, socket.number(), sent.address(), count, MSG_NOSIGNAL);
            } catch (SyscallException e) {
                if (e.errno() != Errno.EINTR) {
                    throw e;
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
        arena.close();
    }
}
