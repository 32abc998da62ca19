// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;

/** Writes to a descriptor, a socket or another. */
final class FdOutputStream extends OutputStream {
    private final Fd fd;
    private final boolean socket;

    FdOutputStream(Fd fd, boolean socket) {
        this.fd = fd;
        this.socket = socket;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] data, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, data.length);
        if (socket) {
            Sockets.send(fd, data, offset, length);
        } else {
            fd.write(data, offset, length);
        }
    }

    @Override
    public void close() throws IOException {
        fd.close();
    }
}
