// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import dev.ipcell.shim.NamespaceId;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;

/**
 * An open file descriptor, owned: {@link #close()} closes it, once. All descriptors are made close-on-exec. Safe for
 * several threads as far as the file is; the owner must not close it while another thread uses it.
 */
public final class Fd implements AutoCloseable {
    /** For reading. */
    public static final int O_RDONLY = 0;
    /** For writing. */
    public static final int O_WRONLY = 1;
    /** For reading and writing. */
    public static final int O_RDWR = 2;
    /** Only the place in the tree; nothing is opened for reading or writing. */
    public static final int O_PATH = 0x200000;

    private static final int CHUNK = 1 << 16;

    private final String subject;
    private int number;

    /**
     * Takes over a descriptor.
     *
     * @param number the descriptor
     * @param subject what it is, for error messages
     */
    public Fd(int number, String subject) {
        this.number = number;
        this.subject = subject;
    }

    /** Opens an existing file (open(2)). */
    public static Fd open(Path path, int flags) throws SyscallException {
        return new Fd(Descriptors.open(path.toString(), flags, 0), path.toString());
    }

    /**
     * The same file, opened once more through {@code /proc/self/fd}; this is how an {@link #O_PATH} descriptor becomes
     * readable.
     */
    public Fd reopen(int flags) throws IOException {
        return new Fd(Descriptors.open(procPath().toString(), flags, 0), subject);
    }

    /** The same open file under another number, at least {@code least}. */
    Fd duplicate(int least) throws IOException {
        return new Fd(Descriptors.duplicate(number(), least), subject);
    }

    /** The descriptor's number; it stays owned here. */
    public synchronized int number() throws IOException {
        if (number < 0) {
            throw new IOException(subject + ": closed");
        }
        return number;
    }

    /** Where this process sees the open file: {@code /proc/self/fd/N}. */
    public Path procPath() throws IOException {
        return Path.of("/proc/self/fd/" + number());
    }

    /** Device and inode. */
    public NamespaceId id() throws IOException {
        return Descriptors.id(number(), subject);
    }

    /** Reads some bytes, at most what fits; 0 at the end. */
    public int read(byte[] data, int offset, int length) throws IOException {
        return Descriptors.read(number(), data, offset, Math.min(length, CHUNK));
    }

    /** Writes all bytes. */
    public void write(byte[] data, int offset, int length) throws IOException {
        for (int done = 0; done < length; ) {
            done += Descriptors.write(number(), data, offset + done, Math.min(length - done, CHUNK));
        }
    }

    /** A stream that reads from here; closing it closes the descriptor. */
    public InputStream in() {
        return new FdInputStream(this);
    }

    /** A stream that writes to here, unbuffered; closing it closes the descriptor. */
    public OutputStream out() {
        return new FdOutputStream(this, false);
    }

    /** The same for a socket: a peer that has gone is an error of the call, never a SIGPIPE. */
    public OutputStream socketOut() {
        return new FdOutputStream(this, true);
    }

    /** True once closed. */
    public synchronized boolean isClosed() {
        return number < 0;
    }

    @Override
    public synchronized void close() throws IOException {
        if (number >= 0) {
            int closing = number;
            number = -1;
            Descriptors.close(closing);
        }
    }

    @Override
    public String toString() {
        return subject;
    }
}
