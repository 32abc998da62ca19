// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/** Operations on descriptors, which the slots hold. */
public sealed interface DescriptorOp extends Op {

    /** Opens a file into a slot; {@code flags} are those of openat2(2), close-on-exec is always added. */
    record OpenFd(Slot slot, Slot base, String path, int flags, int mode, int resolve) implements DescriptorOp {
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
    record CloseFd(Slot slot) implements DescriptorOp {
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

    /** Takes a flock(2) lock, waiting up to {@code waitMillis}. */
    record Lock(Slot slot, int operation, int waitMillis) implements DescriptorOp {
        /** In {@code operation}: others may have it. */
        public static final int UNLOCK = 8;

        /** In {@code operation}: of a directory, in which nothing may be then (EEXIST); nor may it have been removed (ENOENT). */
        public static final int EMPTY = 0x100;

        /**
         * In {@code operation}: as an undo, of a directory: if it has been removed, if the lock is not to be had, or with {@link #EMPTY} if
         * something is in it, then nothing more is undone. An empty slot is success.
         */
        public static final int UNDO = 0x200;

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
            return (operation == UNLOCK ? "unlock " : "flock ")
                    + slot
                    + ((operation & EMPTY) == 0 ? "" : ", empty")
                    + ((operation & UNDO) == 0 ? "" : ", or undo no more");
        }
    }

    /** The value is the path that the slot leads to, as the kernel names it. */
    record FdPath(Slot slot) implements DescriptorOp {
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

    /** Fails with EXDEV unless the slot is of this file type, device number and file system; 0, -1, 0 stand for any. */
    record Verify(Slot slot, int type, int major, int minor, long magic) implements DescriptorOp {
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

    /**
     * Closes all descriptors from {@code first} on but those in two slots, either of which may be {@link Slot#NONE}, and the executor's own.
     * For the child only.
     */
    record CloseOthers(int first, Slot kept, Slot other) implements DescriptorOp {
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
    record CloseRange(int first, int last, int flags) implements DescriptorOp {
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
