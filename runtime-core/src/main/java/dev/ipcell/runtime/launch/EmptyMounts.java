// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.NamespaceFacts;
import dev.ipcell.shim.NamespaceId;
import dev.ipcell.shim.NamespaceOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.Capability;
import dev.ipcell.spec.Hooks;
import dev.ipcell.spec.NamespaceType;
import org.jspecify.annotations.Nullable;

/**
 * A mount namespace that has nothing in it but an empty, read-only root, and is kept by a resident planner.
 *
 * <p>clone3(2) and unshare(2) copy all mounts of the namespace that one is in, of which a host with many containers has thousands; then
 * pivot_root(2) goes through all processes of the machine, and umount2(2) detaches the copies and waits for all processors. A copy of this
 * one needs none of that. The container's root is mounted over the empty one, as that of a machine is over the one it has started with,
 * and what the caller sees mounted is not below.
 *
 * @param path where the executor finds it
 * @param id which it is
 */
public record EmptyMounts(String path, NamespaceId id) {
    private static final String ORIGIN = "an empty mount namespace";

    /** Each mount needs a slot of the executor's until it is attached. */
    private static final int MOST_MOUNTS = 100;

    /** The look at it. */
    static final class Look {
        private final EmptyMounts kept;
        private final Slot slot;
        private final Step step;

        private Look(EmptyMounts kept, Slot slot, Program program) {
            this.kept = kept;
            this.slot = slot;
            this.step = program.add(Step.optional(ORIGIN, new NamespaceOp.OpenNs(slot, Slot.CWD, kept.path())));
        }

        /**
         * The slot in which it is open; null if the caller may not have it, or if nothing is there any more: a launch can do without.
         */
        @Nullable
        Slot resolve(BatchResult result) {
            boolean isIt = result.errno(step) == 0
                    && NamespaceFacts.decode(result.value(step)).id().same(kept.id());
            return isIt ? slot : null;
        }
    }

    /** Adds the operation that opens it. */
    Look lookUp(Program program, Slots slots) {
        return new Look(this, slots.open("empty-mounts"), program);
    }

    /** Whether nothing in the launch looks for the caller's mounts in the container's namespace. */
    static boolean serves(Launch launch) {
        return launch.namespaces().isFresh(NamespaceType.MOUNT)
                && launch.namespaces().isHosts(NamespaceType.USER)
                && !launch.options().noPivot()
                && launch.grantable().has(Capability.SYS_CHROOT)
                && launch.mounts().size() <= MOST_MOUNTS
                && !showsItself(launch)
                && !hasHooksBetween(launch);
    }

    /** A bind mount of what an earlier mount has put there can be made only when that is attached. */
    private static boolean showsItself(Launch launch) {
        for (BindSource source : launch.bindSources().values()) {
            if (source.late() != null) {
                return true;
            }
        }
        return false;
    }

    /** These find all mounts, the caller's among them, and may add others (runtime-spec, config.md, "POSIX-platform Hooks"). */
    private static boolean hasHooksBetween(Launch launch) {
        Hooks hooks = launch.spec().hooks();
        return hooks != null
                && !(hooks.prestart().isEmpty()
                        && hooks.createRuntime().isEmpty()
                        && hooks.createContainer().isEmpty());
    }

    /**
     * Has the child enter a copy of the empty namespace, with the container's root in the place of the empty one.
     *
     * @param namespace in which it is open
     */
    static void enter(Program child, Slot namespace, Slot root) {
        String origin = Launch.at("/linux/namespaces");
        child.add(origin, new NamespaceOp.SetNs(namespace, Kernel.CLONE_NEWNS));
        child.add(origin, new NamespaceOp.Unshare(Kernel.CLONE_NEWNS));
        child.add(Launch.at("/root/path"), new MountOp.MoveMount(root, Slot.CWD, "/"));
    }
}
