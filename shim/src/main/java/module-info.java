/** The plan's operations, their wire form, the executor's Java end, and the fenced system calls. */
@org.jspecify.annotations.NullMarked
module dev.ipcell.shim {
    requires static transitive org.jspecify;

    exports dev.ipcell.shim;
    exports dev.ipcell.shim.linux;
}
