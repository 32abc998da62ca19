// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.datagrams;

import dev.ipcell.shim.linux.Datagrams;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import jnr.unixsocket.UnixDatagramChannel;
import jnr.unixsocket.UnixSocketAddress;
import jnr.unixsocket.UnixSocketOptions;

/** Opens the sockets. */
public final class JnrDatagrams implements Datagrams.Provider {
    /** Made by the service loader. */
    public JnrDatagrams() {}

    @Override
    public Datagrams open(int sendMillis) throws IOException {
        UnixDatagramChannel channel = UnixDatagramChannel.open();
        channel.setOption(UnixSocketOptions.SO_SNDTIMEO, sendMillis);
        return new Socket(channel);
    }

    private record Socket(UnixDatagramChannel channel) implements Datagrams {
        @Override
        public int descriptor() {
            return channel.getFD();
        }

        @Override
        public void bind(Path path) throws IOException {
            channel.bind(new UnixSocketAddress(path.toFile()));
        }

        @Override
        public void receive(ByteBuffer buffer) throws IOException {
            channel.receive(buffer);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
