// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/** Operations on names in the file system: what is made there, and taken away. */
public sealed interface PathOp extends Op {

    /** Makes a directory; with {@link #MAY_EXIST} an existing one is success, and its undo is dropped. */
    record MakeDir(Slot base, String path, int mode, int flags) implements PathOp {
        /** In {@code flags}: an existing directory is success. */
        public static final int MAY_EXIST = 1;

        @Override
        public int opcode() {
            return 6;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(base).string(path).u32(mode).u32(flags);
        }

        @Override
        public String describe() {
            return "mkdir " + base.at(path) + " mode " + Flags.octal(mode)
                    + (flags == MAY_EXIST ? " unless there" : "");
        }
    }

    /** Removes a file; success if there is none. */
    record RemoveFile(Slot base, String path) implements PathOp {
        @Override
        public int opcode() {
            return 7;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(base).string(path);
        }

        @Override
        public String describe() {
            return "unlink " + base.at(path);
        }
    }

    /** Removes an empty directory, waiting up to {@code busyMillis} while it is busy; success if there is none. */
    record RemoveDir(Slot base, String path, int busyMillis) implements PathOp {
        @Override
        public int opcode() {
            return 8;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(base).string(path).u32(busyMillis);
        }

        @Override
        public String describe() {
            return "rmdir " + base.at(path);
        }
    }

    /** Opens a mount destination in {@code root}, making what is missing, each step resolved inside the root. */
    record MakeMountPoint(Slot slot, Slot root, String path, int kind, int mode) implements PathOp {
        /** In {@code kind}: a file. */
        public static final int FILE = 0;

        /** In {@code kind}: a directory. */
        public static final int DIRECTORY = 1;

        /** In {@code kind}: a directory, and no symbolic link on the way to it. */
        public static final int DIRECTORY_NO_SYMLINKS = 3;

        /** In {@code kind}: a file or a directory, as what the slot held. */
        public static final int ALIKE = 4;

        @Override
        public int opcode() {
            return 10;
        }

        @Override
        public void encode(OpWriter out) {
            out.fills(slot).reads(root).string(path).u32(kind).u32(mode);
        }

        @Override
        public String describe() {
            return "mount-point " + root.at(path) + (kind == FILE ? " (file)" : kind == ALIKE ? " (alike)" : "")
                    + " -> " + slot;
        }
    }

    /** Makes a symbolic link, its place resolved inside {@code root}; success if something is there. */
    record Symlink(Slot root, String target, String path) implements PathOp {
        @Override
        public int opcode() {
            return 11;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(root).string(target).string(path);
        }

        @Override
        public String describe() {
            return "symlink " + root.at(path) + " to " + target;
        }
    }

    /** Makes a device node or fifo; {@code mode} includes the file type. An existing node of the same type and number is kept. */
    record MakeNode(Slot root, String path, int mode, int major, int minor, int uid, int gid) implements PathOp {
        @Override
        public int opcode() {
            return 12;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(root)
                    .string(path)
                    .u32(mode)
                    .u32(major)
                    .u32(minor)
                    .u32(uid)
                    .u32(gid);
        }

        @Override
        public String describe() {
            return "mknod " + root.at(path) + Flags.node(mode, major, minor);
        }
    }
}
