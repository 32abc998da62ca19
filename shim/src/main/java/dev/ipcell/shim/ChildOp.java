// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.util.List;

/** Operations that only a child carries out, on itself. */
public sealed interface ChildOp extends Op {

    /** Tells the parent that the child is here. */
    record SyncPoint(int point) implements ChildOp {
        @Override
        public int opcode() {
            return 50;
        }

        @Override
        public void encode(OpWriter out) {
            out.u32(point);
        }

        @Override
        public String describe() {
            return "reached " + point;
        }
    }

    /** Waits for the parent's {@link ReleaseChild}. */
    record AwaitParent(int point) implements ChildOp {
        @Override
        public int opcode() {
            return 51;
        }

        @Override
        public void encode(OpWriter out) {
            out.u32(point);
        }

        @Override
        public String describe() {
            return "await parent at " + point;
        }
    }

    /** Hands a descriptor to the parent, into its slot. */
    record SendFd(Slot slot, Slot parentSlot) implements ChildOp {
        @Override
        public int opcode() {
            return 52;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(slot).fills(parentSlot);
        }

        @Override
        public String describe() {
            return "send " + slot + " to parent's " + parentSlot;
        }
    }

    /** setsid(2). */
    record SetSid() implements ChildOp {
        @Override
        public int opcode() {
            return 55;
        }

        @Override
        public void encode(OpWriter out) {}

        @Override
        public String describe() {
            return "setsid";
        }
    }

    /** Changes the working directory, and fails if it lies outside the root (CVE-2024-21626). */
    record Chdir(String path, int flags) implements ChildOp {
        /** In {@code flags}: a lack of permission is left to a later one with {@link #IF_DENIED}. */
        public static final int MAY_BE_DENIED = 1;

        /** In {@code flags}: goes there only if one before was denied it; where we are is looked at in any case. */
        public static final int IF_DENIED = 2;

        @Override
        public int opcode() {
            return 62;
        }

        @Override
        public void encode(OpWriter out) {
            out.string(path).u32(flags);
        }

        @Override
        public String describe() {
            return "chdir " + path
                    + (flags == MAY_BE_DENIED ? ", or later" : flags == IF_DENIED ? ", if denied before" : "");
        }
    }

    /** Replaces the program by the first of {@code candidates} that there is; signals are reset before. */
    record Exec(List<String> argv, List<String> environment, List<String> candidates, int flags) implements ChildOp {
        /** In {@code flags}: the executor's own environment, with the given one added. */
        public static final int OWN_ENVIRONMENT = 1;

        @Override
        public int opcode() {
            return 66;
        }

        @Override
        public void encode(OpWriter out) {
            out.strings(argv).strings(environment).strings(candidates).u32(flags);
        }

        @Override
        public String describe() {
            return "exec " + Flags.words(argv) + " from " + Flags.words(candidates);
        }
    }
}
