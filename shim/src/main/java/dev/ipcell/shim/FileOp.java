// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.util.List;

/** Operations on files and descriptors. */
public sealed interface FileOp extends Op {

    /** Opens a file into a slot; {@code flags} are those of openat2(2), close-on-exec is always added. */
    record OpenFd(Slot slot, Slot base, String path, int flags, int mode, int resolve) implements FileOp {
        @Override
        public int opcode() {
            return 1;
        }

        @Override
        public void encode(OpWriter out) {
            out.fills(slot).reads(base).string(path).u32(flags).u32(mode).u32(resolve);
        }

        @Override
        public String describe() {
            return "open " + base.at(path) + Flags.open(flags) + Flags.resolve(resolve) + " -> " + slot;
        }
    }

    /** Closes a slot. */
    record CloseFd(Slot slot) implements FileOp {
        @Override
        public int opcode() {
            return 2;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(slot);
        }

        @Override
        public String describe() {
            return "close " + slot;
        }
    }

    /** Reads a file of at most {@code limit} bytes; the value is its content. */
    record ReadFile(Slot base, String path, int limit, int resolve) implements FileOp {
        @Override
        public int opcode() {
            return 3;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(base).string(path).u32(limit).u32(resolve);
        }

        @Override
        public String describe() {
            return "read " + base.at(path) + Flags.resolve(resolve);
        }
    }

    /** Writes {@code data} to a file in one write(2). */
    record WriteFile(Slot base, String path, int flags, int mode, int resolve, byte[] data) implements FileOp {
        @Override
        public int opcode() {
            return 4;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(base).string(path).u32(flags).u32(mode).u32(resolve).bytes(data);
        }

        @Override
        public String describe() {
            return "write " + Flags.data(data) + " to " + base.at(path) + Flags.open(flags) + Flags.resolve(resolve);
        }
    }

    /** Writes to a file that takes one entry at a time: each in a write(2) of its own, through one descriptor. */
    record WriteLines(Slot base, String path, List<String> lines) implements FileOp {
        @Override
        public int opcode() {
            return 98;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(base).string(path).strings(lines);
        }

        @Override
        public String describe() {
            return "write one by one \"" + String.join("\", \"", lines) + "\" to " + base.at(path);
        }
    }

    /**
     * Writes a temporary file and renames it.
     *
     * @param temporary in the same directory; it must not be there yet
     */
    record WriteFileAtomic(Slot base, String path, String temporary, int mode, byte[] data) implements FileOp {
        /** A name that no other process gives to a temporary file. */
        public static String temporary(String path, int pid) {
            return path + ".ipcell-" + pid;
        }

        /** An undo: who is killed meanwhile may leave the temporary file. */
        public RemoveFile removal() {
            return new RemoveFile(base, temporary);
        }

        @Override
        public int opcode() {
            return 5;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(base).string(path).string(temporary).u32(mode).bytes(data);
        }

        @Override
        public String describe() {
            return "write-atomic " + Flags.data(data) + " to " + base.at(path) + " by " + temporary + " mode "
                    + Flags.octal(mode);
        }
    }

    /** Makes a directory; with {@link #MAY_EXIST} an existing one is success, and its undo is dropped. */
    record MakeDir(Slot base, String path, int mode, int flags) implements FileOp {
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
    record RemoveFile(Slot base, String path) implements FileOp {
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
    record RemoveDir(Slot base, String path, int busyMillis) implements FileOp {
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

    /** Takes a flock(2) lock, waiting up to {@code waitMillis}. */
    record Lock(Slot slot, int operation, int waitMillis) implements FileOp {
        /** In {@code operation}: others may have it. */
        public static final int UNLOCK = 8;

        /** In {@code operation}: of a directory, in which nothing may be then (EEXIST); nor may it have been removed (ENOENT). */
        public static final int EMPTY = 0x100;

        @Override
        public int opcode() {
            return 9;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(slot).u32(operation).u32(waitMillis);
        }

        @Override
        public String describe() {
            return (operation == UNLOCK ? "unlock " : "flock ") + slot + ((operation & EMPTY) == 0 ? "" : ", empty");
        }
    }

    /** Opens a mount destination in {@code root}, making what is missing, each step resolved inside the root. */
    record MakeMountPoint(Slot slot, Slot root, String path, int kind, int mode) implements FileOp {
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
    record Symlink(Slot root, String target, String path) implements FileOp {
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
    record MakeNode(Slot root, String path, int mode, int major, int minor, int uid, int gid) implements FileOp {
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

    /** The value is the path that the slot leads to, as the kernel names it. */
    record FdPath(Slot slot) implements FileOp {
        @Override
        public int opcode() {
            return 13;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(slot);
        }

        @Override
        public String describe() {
            return "path of " + slot;
        }
    }

    /** The value is a {@link FileFacts}. */
    record Stat(Slot base, String path, int resolve) implements FileOp {
        /** Changes nothing, and so is there to have something undone that comes before the next operation. */
        public static final Stat NOTHING = new Stat(Slot.CWD, "/", 0);

        @Override
        public int opcode() {
            return 14;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(base).string(path).u32(resolve);
        }

        @Override
        public String describe() {
            return "stat " + base.at(path);
        }
    }

    /** Fails with EXDEV unless the slot is of this file type, device number and file system; 0, -1, 0 stand for any. */
    record Verify(Slot slot, int type, int major, int minor, long magic) implements FileOp {
        @Override
        public int opcode() {
            return 15;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(slot).u32(type).u32(major).u32(minor).u64(magic);
        }

        @Override
        public String describe() {
            return "verify " + slot + Flags.node(type, major, minor);
        }
    }

    /** Copies at most 4096 bytes from one file to another, in one write. */
    record CopyFile(Slot base, String from, String to, int resolve) implements FileOp {
        @Override
        public int opcode() {
            return 16;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(base).string(from).string(to).u32(resolve);
        }

        @Override
        public String describe() {
            return "copy " + base.at(from) + " to " + base.at(to);
        }
    }

    /** Writes the process's pid in decimal. */
    record WritePid(Slot process, Slot base, String path, int flags, int resolve) implements FileOp {
        @Override
        public int opcode() {
            return 17;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(process).reads(base).string(path).u32(flags).u32(resolve);
        }

        @Override
        public String describe() {
            return "write the pid of " + process + " to " + base.at(path);
        }
    }

    /** Writes to the executor's own standard output (1) or error (2). */
    record Output(int descriptor, byte[] data) implements FileOp {
        @Override
        public int opcode() {
            return 18;
        }

        @Override
        public void encode(OpWriter out) {
            out.u32(descriptor).bytes(data);
        }

        @Override
        public String describe() {
            return "output " + data.length + " bytes to descriptor " + descriptor;
        }
    }

    /**
     * Closes all descriptors from {@code first} on but those in two slots, either of which may be {@link Slot#NONE}, and the executor's own.
     * For the child only.
     */
    record CloseOthers(int first, Slot kept, Slot other) implements FileOp {
        @Override
        public int opcode() {
            return 97;
        }

        @Override
        public void encode(OpWriter out) {
            out.u32(first).reads(kept).reads(other);
        }

        @Override
        public String describe() {
            return "close all from " + first + " on but " + kept + " and " + other;
        }
    }

    /** Closes, or marks close-on-exec, a range of descriptors: close_range(2). */
    record CloseRange(int first, int last, int flags) implements FileOp {
        /** {@code CLOSE_RANGE_CLOEXEC}. */
        public static final int CLOEXEC = 4;

        @Override
        public int opcode() {
            return 63;
        }

        @Override
        public void encode(OpWriter out) {
            out.u32(first).u32(last).u32(flags);
        }

        @Override
        public String describe() {
            return "close-range from " + first + (flags == CLOEXEC ? " (close-on-exec)" : "");
        }
    }
}
