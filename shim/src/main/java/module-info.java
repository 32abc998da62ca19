/** The plan's operations, their wire form, the executor's Java end, and the fenced system calls. */
@org.jspecify.annotations.NullMarked
module dev.ipcell.shim {
    requires static org.jspecify; // not transitive: who uses this module need not have the annotations to compile

    exports dev.ipcell.shim;
    exports dev.ipcell.shim.linux;

    uses dev.ipcell.shim.linux.Datagrams.Provider;
}
