/**
 * Datagram sockets of the Unix family by jnr-unixsocket. Its jars are automatic modules, which a jlink image cannot hold: this module
 * and they lie beside the image, and are loaded only where such a socket is needed.
 */
@org.jspecify.annotations.NullMarked
module dev.ipcell.datagrams {
    requires static org.jspecify;
    requires dev.ipcell.shim;
    requires org.jnrproject.unixsocket;

    provides dev.ipcell.shim.linux.Datagrams.Provider with
            dev.ipcell.datagrams.JnrDatagrams;
}
