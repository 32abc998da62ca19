// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/**
 * What tells one namespace from another: device and inode number of its nsfs file (namespaces(7)).
 *
 * @param dev {@code st_dev}; 0 with {@code ino} 0 means unknown
 * @param ino {@code st_ino}
 */
public record NamespaceId(long dev, long ino) {
    /** A namespace that is out of sight, or that the kernel does not have. */
    public static final NamespaceId UNKNOWN = new NamespaceId(0, 0);

    /** True if both are known and the same; cheaper on the cold path than the record's own {@code equals}. */
    public boolean same(NamespaceId other) {
        return ino != 0 && ino == other.ino && dev == other.dev;
    }

    /** As {@code DEV:INODE}. */
    @Override
    public String toString() {
        return dev + ":" + ino;
    }
}
