/** The container runtime: command line, launcher, life cycle. */
@SuppressWarnings("module") // that module is built after this one
@org.jspecify.annotations.NullMarked
module dev.ipcell.runtime {
    requires static transitive org.jspecify;
    requires transitive dev.ipcell.ipc;
    requires transitive dev.ipcell.shim;
    requires transitive dev.ipcell.spec;

    exports dev.ipcell.runtime;
    exports dev.ipcell.runtime.systemd to
            dev.ipcell.systemd;

    uses dev.ipcell.runtime.systemd.UnitManagerProvider;
}
