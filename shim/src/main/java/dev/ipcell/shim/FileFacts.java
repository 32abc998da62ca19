// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/**
 * What {@link FileOp.Stat} found; the fields are those of stat(2), the last two those of statfs(2).
 *
 * @param mode file type and permissions
 * @param size in bytes
 * @param magic the kind of file system
 * @param flags of its mount and of the file system, {@code ST_*}
 */
public record FileFacts(long dev, long ino, int mode, int uid, int gid, long rdev, long size, long magic, int flags) {
    private static final int S_IFMT = 0170000;
    private static final int S_IFDIR = 0040000;

    /** Reads the operation's value. */
    public static FileFacts decode(byte[] value) {
        WireReader in = new WireReader(value);
        return new FileFacts(in.u64(), in.u64(), in.u32(), in.u32(), in.u32(), in.u64(), in.u64(), in.u64(), in.u32());
    }

    /** True for a directory. */
    public boolean isDirectory() {
        return (mode & S_IFMT) == S_IFDIR;
    }
}
