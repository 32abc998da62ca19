/** The Linux IPC namespace as a library: create, open, verify, enter, inspect. */
@org.jspecify.annotations.NullMarked
module dev.ipcell.ipc {
    requires static org.jspecify; // not transitive: who uses this module need not have the annotations to compile
    requires transitive dev.ipcell.shim;

    exports dev.ipcell.ipc;
}
