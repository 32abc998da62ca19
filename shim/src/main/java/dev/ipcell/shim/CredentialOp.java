// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.util.List;

/** Operations on credentials and limits. */
public sealed interface CredentialOp extends Op {

    /** Sets a resource limit of a process: prlimit(2). Limits are unsigned; -1 is unlimited. */
    record SetRlimit(Slot process, int resource, long soft, long hard) implements CredentialOp {
        @Override
        public int opcode() {
            return 43;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(process).u32(resource).u64(soft).u64(hard);
        }

        @Override
        public String describe() {
            return "setrlimit " + Flags.rlimit(resource) + " soft " + Long.toUnsignedString(soft) + " hard "
                    + Long.toUnsignedString(hard);
        }
    }

    /** Sets the supplementary groups, four bytes each: setgroups(2). See {@link #of}. */
    record SetGroups(byte[] groups) implements CredentialOp {
        /** The operation for these group ids. */
        public static SetGroups of(List<Integer> ids) {
            byte[] packed = new byte[4 * ids.size()];
            for (int i = 0; i < packed.length; i++) {
                packed[i] = (byte) (ids.get(i / 4) >>> (8 * (i % 4)));
            }
            return new SetGroups(packed);
        }

        @Override
        public int opcode() {
            return 56;
        }

        @Override
        public void encode(OpWriter out) {
            out.bytes(groups);
        }

        @Override
        public String describe() {
            StringBuilder text = new StringBuilder("setgroups");
            for (int i = 0; i < groups.length; i += 4) {
                long group = 0;
                for (int j = 3; j >= 0; j--) {
                    group = group << 8 | (groups[i + j] & 0xff);
                }
                text.append(' ').append(group);
            }
            return groups.length == 0 ? "setgroups none" : text.toString();
        }
    }

    /** Sets real, effective and saved group and user ids. */
    record SetIds(int uid, int gid) implements CredentialOp {
        @Override
        public int opcode() {
            return 57;
        }

        @Override
        public void encode(OpWriter out) {
            out.u32(uid).u32(gid);
        }

        @Override
        public String describe() {
            return "setids uid " + Integer.toUnsignedString(uid) + " gid " + Integer.toUnsignedString(gid);
        }
    }

    /** Drops all but these from the capability bounding set. */
    record LimitBounding(long keep) implements CredentialOp {
        @Override
        public int opcode() {
            return 58;
        }

        @Override
        public void encode(OpWriter out) {
            out.u64(keep);
        }

        @Override
        public String describe() {
            return "bounding-set " + Flags.capabilities(keep);
        }
    }

    /** Sets the thread's capability sets: capset(2). */
    record SetCaps(long effective, long permitted, long inheritable) implements CredentialOp {
        @Override
        public int opcode() {
            return 59;
        }

        @Override
        public void encode(OpWriter out) {
            out.u64(effective).u64(permitted).u64(inheritable);
        }

        @Override
        public String describe() {
            return "capset effective " + Flags.capabilities(effective) + " permitted " + Flags.capabilities(permitted)
                    + " inheritable " + Flags.capabilities(inheritable);
        }
    }

    /** Raises exactly these in the ambient set. */
    record SetAmbient(long capabilities) implements CredentialOp {
        @Override
        public int opcode() {
            return 60;
        }

        @Override
        public void encode(OpWriter out) {
            out.u64(capabilities);
        }

        @Override
        public String describe() {
            return "ambient-set " + Flags.capabilities(capabilities);
        }
    }

    /** umask(2). */
    record Umask(int mask) implements CredentialOp {
        @Override
        public int opcode() {
            return 61;
        }

        @Override
        public void encode(OpWriter out) {
            out.u32(mask);
        }

        @Override
        public String describe() {
            return "umask " + Flags.octal(mask);
        }
    }

    /**
     * Loads a system call filter: seccomp(2).
     *
     * @param flags {@code SECCOMP_FILTER_FLAG_*}
     * @param program {@code struct sock_filter} each eight bytes
     * @param listener the slot for the listener that the flags ask for; {@link Slot#NONE} if they do not
     * @param atExec true: only {@link ChildOp.Exec} loads it, as the last thing before execve(2); not possible with a listener
     */
    record SetSeccomp(int flags, byte[] program, Slot listener, boolean atExec) implements CredentialOp {
        private static final int INSTRUCTION = 8;

        @Override
        public int opcode() {
            return 67;
        }

        @Override
        public void encode(OpWriter out) {
            out.u32(flags).bytes(program).reads(listener).u32(atExec ? 1 : 0);
        }

        @Override
        public String describe() {
            return "seccomp filter of " + program.length / INSTRUCTION + " instructions" + Flags.seccomp(flags)
                    + (atExec ? " at exec" : "") + (listener.isNone() ? "" : " -> " + listener);
        }
    }
}
