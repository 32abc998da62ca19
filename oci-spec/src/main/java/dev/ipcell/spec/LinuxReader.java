// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads {@code linux} except for the large parts that have readers of their own. */
final class LinuxReader {
    private LinuxReader() {}

    static Linux linux(ObjectReader in) {
        ObjectReader resources = in.object("resources");
        ObjectReader seccomp = in.object("seccomp");
        return new Linux(
                MountReader.idMappings(in.objects("uidMappings")),
                MountReader.idMappings(in.objects("gidMappings")),
                in.stringMap("sysctl"),
                resources == null ? null : ResourcesReader.resources(resources),
                in.string("cgroupsPath"),
                namespaces(in.objects("namespaces")),
                devices(in.objects("devices")),
                netDevices(in.objectMap("netDevices")),
                seccomp == null ? null : SeccompReader.seccomp(seccomp),
                in.choice("rootfsPropagation", "propagation", RootfsPropagation.values()),
                in.strings("maskedPaths"),
                in.strings("readonlyPaths"),
                in.string("mountLabel"),
                intelRdt(in.object("intelRdt")),
                memoryPolicy(in.object("memoryPolicy")),
                personality(in.object("personality")),
                timeOffsets(in.object("timeOffsets")),
                in.unknown());
    }

    private static List<Namespace> namespaces(List<ObjectReader> array) {
        List<Namespace> namespaces = new ArrayList<>(array.size());
        for (ObjectReader in : array) {
            namespaces.add(new Namespace(
                    in.requiredChoice("type", "namespace type", NamespaceType.values()),
                    in.string("path"),
                    in.unknown()));
        }
        return List.copyOf(namespaces);
    }

    private static List<Device> devices(List<ObjectReader> array) {
        List<Device> devices = new ArrayList<>(array.size());
        for (ObjectReader in : array) {
            DeviceType type = in.requiredChoice("type", "device type", DeviceType.values());
            devices.add(new Device(
                    type,
                    in.requiredString("path"),
                    deviceNumber(in, "major", type),
                    deviceNumber(in, "minor", type),
                    in.uint32("fileMode"),
                    in.uint32("uid"),
                    in.uint32("gid"),
                    in.unknown()));
        }
        return List.copyOf(devices);
    }

    private static long deviceNumber(ObjectReader in, String name, DeviceType type) {
        if (type != DeviceType.FIFO) {
            return in.requiredUint32(name);
        }
        Long number = in.int64(name);
        return number == null ? 0 : number;
    }

    private static Map<String, NetDevice> netDevices(Map<String, ObjectReader> map) {
        if (map.isEmpty()) {
            return Map.of();
        }
        Map<String, NetDevice> devices = new LinkedHashMap<>();
        for (Map.Entry<String, ObjectReader> entry : map.entrySet()) {
            ObjectReader in = entry.getValue();
            devices.put(entry.getKey(), new NetDevice(in.string("name"), in.unknown()));
        }
        return Collections.unmodifiableMap(devices);
    }

    private static @Nullable IntelRdt intelRdt(@Nullable ObjectReader in) {
        if (in == null) {
            return null;
        }
        return new IntelRdt(
                in.string("closID"),
                in.strings("schemata"),
                in.string("l3CacheSchema"),
                in.string("memBwSchema"),
                in.flag("enableMonitoring"),
                in.unknown());
    }

    private static @Nullable MemoryPolicy memoryPolicy(@Nullable ObjectReader in) {
        if (in == null) {
            return null;
        }
        return new MemoryPolicy(
                in.requiredChoice("mode", "memory policy", MemoryPolicyMode.values()),
                in.string("nodes"),
                in.choices("flags", "memory policy flag", MemoryPolicyFlag.values()),
                in.unknown());
    }

    private static @Nullable Personality personality(@Nullable ObjectReader in) {
        if (in == null) {
            return null;
        }
        return new Personality(
                in.requiredChoice("domain", "personality domain", PersonalityDomain.values()),
                in.strings("flags"),
                in.unknown());
    }

    private static @Nullable TimeOffsets timeOffsets(@Nullable ObjectReader in) {
        if (in == null) {
            return null;
        }
        return new TimeOffsets(timeOffset(in.object("monotonic")), timeOffset(in.object("boottime")), in.unknown());
    }

    private static @Nullable TimeOffset timeOffset(@Nullable ObjectReader in) {
        if (in == null) {
            return null;
        }
        Long secs = in.int64("secs");
        Long nanosecs = in.uint32("nanosecs");
        return new TimeOffset(secs == null ? 0 : secs, nanosecs == null ? 0 : nanosecs, in.unknown());
    }
}
