// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.util.ArrayList;
import java.util.List;

/**
 * What {@link NetworkOp.LinkAddresses} found.
 *
 * @param index its number in the namespace, which no other device there has
 * @param flags of the device: {@code IFF_*} (netdevice(7))
 */
public record LinkFacts(int index, int flags, List<Address> addresses) {
    private static final int IFF_UP = 1;
    private static final int IFA_F_PERMANENT = 0x80;
    private static final int RT_SCOPE_UNIVERSE = 0;
    private static final int SMALLEST_ADDRESS = 28;

    /**
     * An address of a device (rtnetlink(7), RTM_NEWADDR).
     *
     * @param family {@code AF_INET} or {@code AF_INET6}
     * @param flags {@code IFA_F_*}
     * @param scope {@code RT_SCOPE_*}
     * @param local the device's own end; empty where the family has it in {@code address}
     * @param address the other end if the device leads to only one, else the same
     * @param broadcast empty if there is none
     */
    public record Address(
            int family, int prefix, int flags, int scope, byte[] local, byte[] address, byte[] broadcast) {
        /** Neither given for a time nor still being tried. */
        public boolean isPermanent() {
            return (flags & IFA_F_PERMANENT) != 0;
        }

        /** Valid everywhere. */
        public boolean isGlobal() {
            return scope == RT_SCOPE_UNIVERSE;
        }
    }

    /** Whether the device is set up. */
    public boolean isUp() {
        return (flags & IFF_UP) != 0;
    }

    /** Reads the operation's value. */
    public static LinkFacts decode(byte[] value) {
        WireReader in = new WireReader(value);
        int index = in.u32();
        int flags = in.u32();
        int count = in.count(SMALLEST_ADDRESS);
        List<Address> addresses = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            addresses.add(new Address(in.u32(), in.u32(), in.u32(), in.u32(), in.bytes(), in.bytes(), in.bytes()));
        }
        return new LinkFacts(index, flags, addresses);
    }
}
