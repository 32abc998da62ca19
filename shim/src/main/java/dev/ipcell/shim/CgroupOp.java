// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/** Operations on control groups that are more than a write to a file. */
public sealed interface CgroupOp extends Op {

    /** Makes an eBPF program decide about every access to a device from within a version 2 cgroup: bpf(2). */
    record BpfDevice(Slot cgroup, byte[] program, int flags) implements CgroupOp {
        /** In {@code flags}: the programs that are attached to this cgroup are taken off. */
        public static final int REPLACE = 1;

        private static final int INSTRUCTION_BYTES = 8;

        @Override
        public int opcode() {
            return 68;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(cgroup).bytes(program).u32(flags);
        }

        @Override
        public String describe() {
            return "device-program of " + program.length / INSTRUCTION_BYTES + " instructions on " + cgroup
                    + (flags == REPLACE ? " in place of others" : "");
        }
    }

    /**
     * Waits up to {@code millis} until a file has the line {@code line}.
     *
     * @param again what is written to the file before every look but the first; empty for nothing
     */
    record AwaitFile(Slot base, String path, String line, String again, int millis) implements CgroupOp {
        @Override
        public int opcode() {
            return 69;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(base).string(path).string(line).string(again).u32(millis);
        }

        @Override
        public String describe() {
            return "await \"" + line + "\" in " + base.at(path)
                    + (again.isEmpty() ? "" : ", writing \"" + again + "\" again");
        }
    }

    /** Gives a directory or file of a cgroup to another user; a file that the kernel does not have is passed over. */
    record Chown(Slot base, String path, int uid, int gid) implements CgroupOp {
        /** In {@code gid}: it stays as it is. */
        public static final int KEPT = -1;

        @Override
        public int opcode() {
            return 100;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(base).string(path).u32(uid).u32(gid);
        }

        @Override
        public String describe() {
            return "chown " + base.at(path) + " to " + Integer.toUnsignedString(uid)
                    + (gid == KEPT ? "" : ":" + Integer.toUnsignedString(gid));
        }
    }

    /** Kills every process in a cgroup, waits until it is empty, and with {@link #REMOVE} removes it. */
    record KillCgroup(Slot base, String path, int waitMillis, int flags) implements CgroupOp {
        /** An empty one is then removed without another look. */
        public static final int REMOVE = 1;

        @Override
        public int opcode() {
            return 35;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(base).string(path).u32(waitMillis).u32(flags);
        }

        @Override
        public String describe() {
            return (flags & REMOVE) == 0
                    ? "kill all in " + base.at(path)
                    : "remove " + base.at(path) + " and all in it";
        }
    }
}
