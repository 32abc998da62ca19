// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/**
 * Operations on network devices (rtnetlink(7)). A slot of a network namespace may be {@link Slot#NONE}: the executor's own. Where an index
 * is given, that device is meant, and the name is only told; with the index 0 it is the one that has the name.
 */
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
     * @param name there; may be a template such as {@code eth%d} if the index there is given, as nothing else tells the device then
     * @param newIndex its index there; 0: the kernel's choice
     * @param flags {@link #UNDO} or 0
     */
    record MoveLink(Slot from, String device, int index, Slot to, String name, int newIndex, int flags)
            implements NetworkOp {
        /**
         * In {@code flags}: it takes a move back. Where there is nothing to take back (an empty slot, no such device, the name is taken),
         * it succeeds, and what stands behind it in the same undo is left out. If the index is taken, it is the kernel's choice.
         */
        public static final int UNDO = 1;

        @Override
        public int opcode() {
            return 103;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(from)
                    .string(device)
                    .u32(index)
                    .reads(to)
                    .string(name)
                    .u32(newIndex)
                    .u32(flags);
        }

        @Override
        public String describe() {
            return "move network device " + device + " from " + place(from) + " to " + place(to) + " as " + name
                    + numbered(newIndex);
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
            int index,
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
                    .u32(index)
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
                    + numbered(index) + " in " + place(namespace);
        }
    }

    /** Sets a device up. */
    record LinkUp(Slot namespace, String device, int index) implements NetworkOp {
        @Override
        public int opcode() {
            return 105;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(namespace).string(device).u32(index);
        }

        @Override
        public String describe() {
            return "set " + device + numbered(index) + " up in " + place(namespace);
        }
    }

    private static String numbered(int index) {
        return index == 0 ? "" : " (index " + index + ")";
    }

    private static String place(Slot slot) {
        return slot.isNone() ? "its own namespace" : slot.toString();
    }
}
