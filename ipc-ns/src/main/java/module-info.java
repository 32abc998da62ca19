/** The Linux IPC namespace as a library: create, open, verify, enter, inspect. */
@org.jspecify.annotations.NullMarked
module dev.ipcell.ipc {
    requires static transitive org.jspecify;
    requires transitive dev.ipcell.shim;

    exports dev.ipcell.ipc;
}
