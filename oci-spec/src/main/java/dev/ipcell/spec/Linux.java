// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The part of the configuration that is for Linux only (config-linux.md).
 *
 * @param uidMappings user ids of the new user namespace
 * @param gidMappings group ids of the new user namespace
 * @param sysctl kernel parameters to set, by name
 * @param resources limits for the cgroup, or null
 * @param cgroupsPath the cgroup, or null for one the runtime chooses
 * @param namespaces namespaces to make or to join, no type twice; the others are the runtime's own
 * @param devices device nodes besides the default ones
 * @param netDevices network devices to move into the container, by their name on the host
 * @param seccomp the system call filter, or null
 * @param rootfsPropagation the propagation of the root mount, or null
 * @param maskedPaths paths that cannot be read inside, absolute
 * @param readonlyPaths paths that cannot be written inside, absolute
 * @param mountLabel the SELinux label of the mounts, or null
 * @param intelRdt cache and memory bandwidth allocation, or null
 * @param memoryPolicy the NUMA memory policy, or null
 * @param personality the execution domain, or null
 * @param timeOffsets offsets of the clocks in the new time namespace, or null
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Linux(
        List<IdMapping> uidMappings,
        List<IdMapping> gidMappings,
        Map<String, String> sysctl,
        @Nullable Resources resources,
        @Nullable String cgroupsPath,
        List<Namespace> namespaces,
        List<Device> devices,
        Map<String, NetDevice> netDevices,
        @Nullable Seccomp seccomp,
        @Nullable RootfsPropagation rootfsPropagation,
        List<String> maskedPaths,
        List<String> readonlyPaths,
        @Nullable String mountLabel,
        @Nullable IntelRdt intelRdt,
        @Nullable MemoryPolicy memoryPolicy,
        @Nullable Personality personality,
        @Nullable TimeOffsets timeOffsets,
        Map<String, JsonValue> unknown) {
    /** The entry for a namespace type, or null if the container keeps the runtime's own. */
    public @Nullable Namespace namespace(NamespaceType type) {
        for (Namespace namespace : namespaces) {
            if (namespace.type() == type) {
                return namespace;
            }
        }
        return null;
    }
}
