// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.util.List;

/** Operations on what is in files, and on what is known of them. */
public sealed interface FileOp extends Op {

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
        public PathOp.RemoveFile removal() {
            return new PathOp.RemoveFile(base, temporary);
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
}
