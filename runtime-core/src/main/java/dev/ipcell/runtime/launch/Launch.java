// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.cgroup.CgroupOps;
import dev.ipcell.runtime.cgroup.DeviceAccess;
import dev.ipcell.runtime.cgroup.ResourcePlan;
import dev.ipcell.runtime.notify.NotifySocket;
import dev.ipcell.runtime.scope.ScopePlan;
import dev.ipcell.shim.Hello;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.Linux;
import dev.ipcell.spec.Mount;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.Process;
import dev.ipcell.spec.Spec;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is known about a container before its plan is compiled.
 *
 * @param options what the caller chose
 * @param bundle the configuration and where it came from
 * @param hello who calls
 * @param slots the executor's slots that are still free
 * @param rootfs the root file system's directory, opened
 * @param rootfsPath its absolute path
 * @param namespaces what is made and what is joined
 * @param cgroups how the container's cgroups are made
 * @param scope that systemd makes with the cgroup, or null
 * @param resources the limits of those
 * @param devices which devices the container may use, or null for the caller's
 * @param rdt the share of cache and memory bandwidth, or null
 * @param bindSources what the bind mounts show, by the mount's index
 * @param seccomp the system call filter, or null
 * @param confinement by AppArmor or SELinux, or null
 * @param look what the mounts depend on
 * @param streams gives the standard streams to the process's user
 * @param emptyMounts an empty mount namespace, opened, of which the container's can be a copy; null: it is one of the caller's
 * @param netDevices the network devices that it is given
 * @param manager where the caller wants to be told that the container is ready, or null
 * @param home the user's home directory by the container's own passwd file
 * @param bootId of the machine's present run (random(4))
 */
record Launch(
        LaunchOptions options,
        Bundle bundle,
        Hello hello,
        Slots slots,
        Slot rootfs,
        String rootfsPath,
        Namespaces namespaces,
        CgroupOps cgroups,
        @Nullable ScopePlan scope,
        ResourcePlan resources,
        @Nullable DeviceAccess devices,
        @Nullable RdtPlan rdt,
        Map<Integer, BindSource> bindSources,
        @Nullable SeccompPlan seccomp,
        @Nullable ConfinementPlan confinement,
        MountLook look,
        List<Step> streams,
        @Nullable Slot emptyMounts,
        NetDevicePlan netDevices,
        @Nullable NotifySocket manager,
        String home,
        String bootId) {

    String id() {
        return options.id();
    }

    Spec spec() {
        return bundle.document().spec();
    }

    /** What is mounted, with destinations that are seen from the root. */
    List<Mount> mounts() {
        return look.mounts();
    }

    /** The process to run; a configuration without one was refused before. */
    Process process() {
        return Objects.requireNonNull(spec().process(), "process");
    }

    /** The Linux section; a configuration without one was refused before. */
    Linux linux() {
        return Objects.requireNonNull(spec().linux(), "linux");
    }

    /** The capabilities that its process can be given. */
    Grantable grantable() {
        boolean user = namespaces.fresh().contains(NamespaceType.USER)
                || namespaces.joined().containsKey(NamespaceType.USER);
        return Grantable.of(hello, user);
    }

    /** Whether the container's root is mounted for the caller too, because it has no mount namespace of its own. */
    boolean sharesMounts() {
        return namespaces.isHosts(NamespaceType.MOUNT);
    }

    /** The same, if nothing speaks against it. */
    @Nullable
    Slot usableEmptyMounts() {
        return emptyMounts != null && EmptyMounts.serves(this) ? emptyMounts : null;
    }

    /** The container's state directory. */
    String stateDirectory() {
        return options.stateRoot() + "/" + options.id();
    }

    /** An operation's origin in the configuration. */
    static String at(String pointer) {
        return "config.json " + pointer;
    }
}
