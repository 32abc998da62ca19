/** Runnable examples of ipcell's public API. */
@org.jspecify.annotations.NullMarked
module dev.ipcell.examples {
    requires static org.jspecify;
    requires dev.ipcell.runtime;
}
