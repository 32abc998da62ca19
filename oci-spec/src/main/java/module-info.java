/** The OCI runtime-spec 1.3 documents as Java records: reading, validation, writing. */
@org.jspecify.annotations.NullMarked
module dev.ipcell.spec {
    requires static transitive org.jspecify;

    exports dev.ipcell.spec;
}
