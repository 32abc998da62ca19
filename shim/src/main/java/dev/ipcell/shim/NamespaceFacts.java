// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/**
 * What {@link NamespaceOp.OpenNs} found.
 *
 * @param type the {@code CLONE_NEW*} flag of its kind (ioctl_ns(2), NS_GET_NSTYPE)
 * @param id which namespace it is
 * @param owner the user namespace that owns it (NS_GET_USERNS), or {@link NamespaceId#UNKNOWN}
 */
public record NamespaceFacts(int type, NamespaceId id, NamespaceId owner) {

    /** Reads the operation's value. */
    public static NamespaceFacts decode(byte[] value) {
        WireReader in = new WireReader(value);
        return new NamespaceFacts(in.u32(), new NamespaceId(in.u64(), in.u64()), new NamespaceId(in.u64(), in.u64()));
    }
}
