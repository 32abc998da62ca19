// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** A datagram socket of the Unix family (unix(7)), as a library beside the image offers it. */
public interface Datagrams extends AutoCloseable {
    /** The descriptor's number; it stays owned here. */
    int descriptor();

    /** Binds to a path that is free. */
    void bind(Path path) throws IOException;

    /** Waits for the next datagram and takes what fits of it; descriptors that came with it are closed by the kernel. */
    void receive(ByteBuffer buffer) throws IOException;

    @Override
    void close() throws IOException;

    /** The service that such a library provides. */
    interface Provider {
        /**
         * A new socket.
         *
         * @param sendMillis how long it may take to send a datagram to somebody whose queue is full
         */
        Datagrams open(int sendMillis) throws IOException;
    }
}
