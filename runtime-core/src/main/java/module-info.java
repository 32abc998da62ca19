/** The container runtime: command line, launcher, life cycle. */
@org.jspecify.annotations.NullMarked
module dev.ipcell.runtime {
    requires static transitive org.jspecify;
    requires transitive dev.ipcell.ipc;
    requires transitive dev.ipcell.shim;
    requires transitive dev.ipcell.spec;

    exports dev.ipcell.runtime;
}
