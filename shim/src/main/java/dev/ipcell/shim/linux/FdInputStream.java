// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** Reads from a descriptor. */
final class FdInputStream extends InputStream {
    private final Fd fd;

    FdInputStream(Fd fd) {
        this.fd = fd;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] data, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, data.length);
        if (length == 0) {
            return 0;
        }
        int count = fd.read(data, offset, length);
        return count == 0 ? -1 : count;
    }

    @Override
    public void close() throws IOException {
        fd.close();
    }
}
