// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.util.List;

/** Operations on mounts, all by descriptors. */
public sealed interface MountOp extends Op {

    /** Makes a detached mount of a new file system instance: fsopen(2), fsconfig(2), fsmount(2). */
    record FsMount(Slot slot, String type, String source, List<String> parameters, int attributes, int reserved)
            implements MountOp {
        @Override
        public int opcode() {
            return 80;
        }

        @Override
        public void encode(OpWriter out) {
            out.fills(slot)
                    .string(type)
                    .string(source)
                    .strings(parameters)
                    .u32(attributes)
                    .u32(reserved);
        }

        @Override
        public String describe() {
            return "fsmount " + type + (parameters.isEmpty() ? "" : " (" + String.join(",", parameters) + ")")
                    + Flags.mount(attributes) + " -> " + slot;
        }
    }

    /** Opens or copies a mount: open_tree(2). */
    record OpenTree(Slot slot, Slot base, String path, int flags, int resolve) implements MountOp {
        @Override
        public int opcode() {
            return 81;
        }

        @Override
        public void encode(OpWriter out) {
            out.fills(slot).reads(base).string(path).u32(flags).u32(resolve);
        }

        @Override
        public String describe() {
            return "open-tree " + base.at(path) + Flags.tree(flags) + Flags.resolve(resolve) + " -> " + slot;
        }
    }

    /** Changes a mount's attributes or propagation: mount_setattr(2). */
    record MountSetattr(Slot slot, String path, int flags, long set, long clear, long propagation) implements MountOp {
        @Override
        public int opcode() {
            return 82;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(slot).string(path).u32(flags).u64(set).u64(clear).u64(propagation);
        }

        @Override
        public String describe() {
            return "mount-setattr " + slot.at(path) + Flags.at(flags) + Flags.mount((int) set)
                    + (clear == 0 ? "" : " clear" + Flags.mount((int) clear)) + Flags.propagation(propagation);
        }
    }

    /** Attaches a mount: move_mount(2). */
    record MoveMount(Slot slot, Slot destination, String path) implements MountOp {
        @Override
        public int opcode() {
            return 83;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(slot).reads(destination).string(path);
        }

        @Override
        public String describe() {
            return "move-mount " + slot + " to " + destination.at(path);
        }
    }

    /** Makes the mount the root, and detaches the old one: pivot_root(2). */
    record PivotRoot(Slot root) implements MountOp {
        @Override
        public int opcode() {
            return 84;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(root);
        }

        @Override
        public String describe() {
            return "pivot-root " + root;
        }
    }

    /** Hides a path behind an empty read-only directory or /dev/null; success if there is none. */
    record MaskPath(Slot root, String path, Slot directory, Slot file) implements MountOp {
        @Override
        public int opcode() {
            return 85;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(root).string(path).reads(directory).reads(file);
        }

        @Override
        public String describe() {
            return "mask " + root.at(path);
        }
    }

    /** Makes a path read-only by a mount on itself; success if there is none. */
    record ReadonlyPath(Slot root, String path) implements MountOp {
        @Override
        public int opcode() {
            return 86;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(root).string(path);
        }

        @Override
        public String describe() {
            return "read-only " + root.at(path);
        }
    }

    /** Makes a directory the root and the working directory: chroot(2). */
    record Chroot(Slot root) implements MountOp {
        @Override
        public int opcode() {
            return 95;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(root);
        }

        @Override
        public String describe() {
            return "chroot " + root;
        }
    }

    /** Detaches what is mounted on a path, with all below it (umount2(2), {@code MNT_DETACH}); success if nothing is. */
    record Unmount(String path) implements MountOp {
        @Override
        public int opcode() {
            return 96;
        }

        @Override
        public void encode(OpWriter out) {
            out.string(path);
        }

        @Override
        public String describe() {
            return "unmount " + path;
        }
    }

    /** Copies all that is in one directory into another, with owners, modes and times. */
    record CopyTree(Slot from, Slot to) implements MountOp {
        @Override
        public int opcode() {
            return 94;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(from).reads(to);
        }

        @Override
        public String describe() {
            return "copy all of " + from + " into " + to;
        }
    }

    /** Shows a detached mount with the ids that the maps of a user namespace give: mount_setattr(2), {@code MOUNT_ATTR_IDMAP}. */
    record IdmapMount(Slot slot, int flags, Slot user) implements MountOp {
        @Override
        public int opcode() {
            return 107;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(slot).u32(flags).reads(user);
        }

        @Override
        public String describe() {
            return "idmap-mount " + slot + Flags.at(flags) + " as in " + user;
        }
    }

    /** Sets an extended attribute of a directory, such as the root of a mount: fsetxattr(2). */
    record SetXattr(Slot directory, String name, byte[] value, int flags) implements MountOp {
        /** A file system without such attributes, or with one label for all of it, is left as it is. */
        public static final int MAY_LACK = 1;

        @Override
        public int opcode() {
            return 110;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(directory).string(name).bytes(value).u32(flags);
        }

        @Override
        public String describe() {
            return "set-xattr " + name + " of " + directory + " to " + Flags.data(value);
        }
    }
}
