// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/** Operations on network devices (rtnetlink(7)). A slot of a network namespace may be {@link Slot#NONE}: the executor's own. */
public sealed interface NetworkOp extends Op {

    /** Looks at a device of the executor's own namespace; the value is a {@link LinkFacts}. ENODEV if there is none of this name. */
    record LinkAddresses(String device) implements NetworkOp {
        @Override
        public int opcode() {
            return 102;
        }

        @Override
        public void encode(OpWriter out) {
            out.string(device);
        }

        @Override
        public String describe() {
            return "look at network device " + device;
        }
    }

    /**
     * Moves a device to another namespace, and renames it; it loses its addresses, and is down.
     *
     * @param flags {@link #UNDO} or 0
     */
    record MoveLink(Slot from, String device, Slot to, String name, int flags) implements NetworkOp {
        /**
         * In {@code flags}: it takes a move back. Where there is nothing to take back (an empty slot, no such device, the name is taken),
         * it succeeds, and what stands behind it in the same undo is left out.
         */
        public static final int UNDO = 1;

        @Override
        public int opcode() {
            return 103;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(from).string(device).reads(to).string(name).u32(flags);
        }

        @Override
        public String describe() {
            return "move network device " + device + " from " + place(from) + " to " + place(to) + " as " + name;
        }
    }

    /**
     * Gives a device an address; one that it has already is success.
     *
     * @param flags {@code IFA_F_*} (linux/if_addr.h)
     * @param scope {@code RT_SCOPE_*}
     * @param local see {@link LinkFacts.Address}
     */
    record AddAddress(
            Slot namespace,
            String device,
            int family,
            int prefix,
            int flags,
            int scope,
            byte[] local,
            byte[] address,
            byte[] broadcast)
            implements NetworkOp {
        @Override
        public int opcode() {
            return 104;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(namespace)
                    .string(device)
                    .u32(family)
                    .u32(prefix)
                    .u32(flags)
                    .u32(scope)
                    .bytes(local)
                    .bytes(address)
                    .bytes(broadcast);
        }

        @Override
        public String describe() {
            return "add address " + Flags.address(local.length > 0 ? local : address) + "/" + prefix + " to " + device
                    + " in " + place(namespace);
        }
    }

    /** Sets a device up. */
    record LinkUp(Slot namespace, String device) implements NetworkOp {
        @Override
        public int opcode() {
            return 105;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(namespace).string(device);
        }

        @Override
        public String describe() {
            return "set " + device + " up in " + place(namespace);
        }
    }

    private static String place(Slot slot) {
        return slot.isNone() ? "the caller's own" : slot.toString();
    }
}
