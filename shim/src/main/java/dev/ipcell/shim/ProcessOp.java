// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/** Operations on processes, and the ends of a plan. */
public sealed interface ProcessOp extends Op {

    /** Starts a child in new namespaces, to carry out its own program: clone3(2). The value is its pid, a u32. */
    record Clone(Slot process, int flags, Slot cgroup, String name, Program program) implements ProcessOp {
        @Override
        public int opcode() {
            return 30;
        }

        @Override
        public void encode(OpWriter out) {
            out.fills(process).u32(flags).reads(cgroup).string(name).program(program);
        }

        @Override
        public String describe() {
            return "clone " + name + " " + Flags.clone(flags) + (cgroup.isNone() ? "" : " into " + cgroup) + " -> "
                    + process;
        }
    }

    /** Waits until the child has passed a {@link SyncPoint}. */
    record AwaitChild(Slot process, int point) implements ProcessOp {
        @Override
        public int opcode() {
            return 31;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(process).u32(point);
        }

        @Override
        public String describe() {
            return "await " + process + " at " + point;
        }
    }

    /** Lets the child go on from {@link AwaitParent}. */
    record ReleaseChild(Slot process, int point) implements ProcessOp {
        @Override
        public int opcode() {
            return 32;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(process).u32(point);
        }

        @Override
        public String describe() {
            return "release " + process + " from " + point;
        }
    }

    /** Waits until {@link Exec} has replaced the child's program. */
    record AwaitExec(Slot process, int flags) implements ProcessOp {
        /** In {@code flags}: from the moment at which the child is about to, signals wait for {@link Supervise}, which forwards them. */
        public static final int HOLD_SIGNALS = 1;

        public AwaitExec(Slot process) {
            this(process, 0);
        }

        @Override
        public int opcode() {
            return 33;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(process).u32(flags);
        }

        @Override
        public String describe() {
            return "await exec of " + process + ((flags & HOLD_SIGNALS) == 0 ? "" : " and hold signals");
        }
    }

    /** Sends a signal and waits up to {@code waitMillis} for the end; success if it has ended before. */
    record Kill(Slot process, int signal, int waitMillis) implements ProcessOp {
        @Override
        public int opcode() {
            return 34;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(process).u32(signal).u32(waitMillis);
        }

        @Override
        public String describe() {
            return "kill " + process + " with signal " + signal;
        }
    }

    /** Forwards signals and the terminal's data until the process ends. */
    record Supervise(Slot process, int flags, Slot terminal) implements ProcessOp {
        /** In {@code flags}: signals are forwarded to the process. */
        public static final int FORWARD_SIGNALS = 1;

        @Override
        public int opcode() {
            return 36;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(process).u32(flags).reads(terminal);
        }

        @Override
        public String describe() {
            return "supervise " + process + (terminal.isNone() ? "" : " with terminal " + terminal);
        }
    }

    /** Exits with the process's status, 128 + n if signal n ended it. */
    record ExitAs(Slot process) implements ProcessOp {
        @Override
        public int opcode() {
            return 37;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(process);
        }

        @Override
        public String describe() {
            return "exit as " + process;
        }
    }

    /** Exits. */
    record Exit(int code) implements ProcessOp {
        @Override
        public int opcode() {
            return 38;
        }

        @Override
        public void encode(OpWriter out) {
            out.u32(code);
        }

        @Override
        public String describe() {
            return "exit " + code;
        }
    }

    /** Starts the guardian, which takes everything back should the executor be killed. */
    record Guard() implements ProcessOp {
        @Override
        public int opcode() {
            return 39;
        }

        @Override
        public void encode(OpWriter out) {}

        @Override
        public String describe() {
            return "guard";
        }
    }

    /** Forgets all undo operations. */
    record Commit() implements ProcessOp {
        @Override
        public int opcode() {
            return 40;
        }

        @Override
        public void encode(OpWriter out) {}

        @Override
        public String describe() {
            return "commit";
        }
    }

    /** Runs the undo operations, last first. */
    record Unwind() implements ProcessOp {
        @Override
        public int opcode() {
            return 41;
        }

        @Override
        public void encode(OpWriter out) {}

        @Override
        public String describe() {
            return "unwind";
        }
    }

    /** From here on a sealed copy of the executor's file is its program, and that of the children it then makes (CVE-2019-5736). */
    record Seal() implements ProcessOp {
        @Override
        public int opcode() {
            return 42;
        }

        @Override
        public void encode(OpWriter out) {}

        @Override
        public String describe() {
            return "seal";
        }
    }

    /** prctl(2). */
    record Prctl(int option, long arg2, long arg3, long arg4, long arg5) implements ProcessOp {
        @Override
        public int opcode() {
            return 44;
        }

        @Override
        public void encode(OpWriter out) {
            out.u32(option).u64(arg2).u64(arg3).u64(arg4).u64(arg5);
        }

        @Override
        public String describe() {
            return "prctl " + Flags.prctl(option) + " " + arg2;
        }
    }
}
