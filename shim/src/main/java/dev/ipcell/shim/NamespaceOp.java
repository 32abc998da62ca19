// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/** Operations on namespaces. */
public sealed interface NamespaceOp extends Op {

    /** Opens a namespace file; the value is a {@link NamespaceFacts}. No namespace file: EINVAL at step {@code fstatfs}. */
    record OpenNs(Slot slot, Slot base, String path) implements NamespaceOp {
        @Override
        public int opcode() {
            return 20;
        }

        @Override
        public void encode(OpWriter out) {
            out.fills(slot).reads(base).string(path);
        }

        @Override
        public String describe() {
            return "open-namespace " + base.at(path) + " -> " + slot;
        }
    }

    /** Enters a namespace: setns(2). */
    record SetNs(Slot slot, int type) implements NamespaceOp {
        @Override
        public int opcode() {
            return 21;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(slot).u32(type);
        }

        @Override
        public String describe() {
            return "setns " + slot + " " + Flags.clone(type);
        }
    }

    /** Enters new namespaces: unshare(2). */
    record Unshare(int flags) implements NamespaceOp {
        @Override
        public int opcode() {
            return 22;
        }

        @Override
        public void encode(OpWriter out) {
            out.u32(flags);
        }

        @Override
        public String describe() {
            return "unshare " + Flags.clone(flags);
        }
    }

    /** sethostname(2). */
    record SetHostname(String name) implements NamespaceOp {
        @Override
        public int opcode() {
            return 53;
        }

        @Override
        public void encode(OpWriter out) {
            out.string(name);
        }

        @Override
        public String describe() {
            return "sethostname " + name;
        }
    }

    /** setdomainname(2). */
    record SetDomainname(String name) implements NamespaceOp {
        @Override
        public int opcode() {
            return 54;
        }

        @Override
        public void encode(OpWriter out) {
            out.string(name);
        }

        @Override
        public String describe() {
            return "setdomainname " + name;
        }
    }

    /** Makes a user namespace with these maps, which nobody is in; EINVAL at step {@code write} for maps that the kernel refuses. */
    record MapIds(Slot slot, byte[] uidMap, byte[] gidMap) implements NamespaceOp {
        @Override
        public int opcode() {
            return 106;
        }

        @Override
        public void encode(OpWriter out) {
            out.fills(slot).bytes(uidMap).bytes(gidMap);
        }

        @Override
        public String describe() {
            return "map-ids uids " + Flags.lines(uidMap) + " gids " + Flags.lines(gidMap) + " -> " + slot;
        }
    }

    /** The next {@link ProcessOp.Clone} makes its child, and the child's new namespaces, in this user namespace. */
    record CloneInside(Slot user) implements NamespaceOp {
        @Override
        public int opcode() {
            return 108;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(user);
        }

        @Override
        public String describe() {
            return "clone-inside " + user;
        }
    }
}
