// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/** Operations on how a process is scheduled, and on other things that it keeps across execve(2). */
public sealed interface SchedulingOp extends Op {

    /** Takes a packed {@code struct sched_attr}: sched_setattr(2). */
    record SetScheduler(byte[] attributes) implements SchedulingOp {
        @Override
        public int opcode() {
            return 87;
        }

        @Override
        public void encode(OpWriter out) {
            out.bytes(attributes);
        }

        @Override
        public String describe() {
            return "sched-setattr " + Flags.data(attributes);
        }
    }

    /** Class and level as ioprio_set(2) packs them. */
    record SetIoPriority(int priority) implements SchedulingOp {
        @Override
        public int opcode() {
            return 88;
        }

        @Override
        public void encode(OpWriter out) {
            out.u32(priority);
        }

        @Override
        public String describe() {
            return "ioprio-set class " + (priority >>> 13) + " level " + (priority & 0x1fff);
        }
    }

    /** Execution domain and flags: personality(2). */
    record SetPersonality(int persona) implements SchedulingOp {
        @Override
        public int opcode() {
            return 89;
        }

        @Override
        public void encode(OpWriter out) {
            out.u32(persona);
        }

        @Override
        public String describe() {
            return "personality 0x" + Integer.toHexString(persona);
        }
    }

    /** Mode with its flags, and a mask of NUMA nodes, lowest first: set_mempolicy(2). */
    record SetMemoryPolicy(int mode, byte[] nodes) implements SchedulingOp {
        @Override
        public int opcode() {
            return 90;
        }

        @Override
        public void encode(OpWriter out) {
            out.u32(mode).bytes(nodes);
        }

        @Override
        public String describe() {
            return "set-mempolicy 0x" + Integer.toHexString(mode) + " nodes " + Flags.mask(nodes);
        }
    }

    /** A mask of processors, lowest first: sched_setaffinity(2). */
    record SetAffinity(Slot process, byte[] processors) implements SchedulingOp {
        @Override
        public int opcode() {
            return 91;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(process).bytes(processors);
        }

        @Override
        public String describe() {
            return "set-affinity " + (process.isNone() ? "" : process + " ") + "processors " + Flags.mask(processors);
        }
    }

    /** A session keyring of its own: keyctl(2). */
    record JoinKeyring(String name) implements SchedulingOp {
        @Override
        public int opcode() {
            return 92;
        }

        @Override
        public void encode(OpWriter out) {
            out.string(name);
        }

        @Override
        public String describe() {
            return "join-keyring " + name;
        }
    }
}
