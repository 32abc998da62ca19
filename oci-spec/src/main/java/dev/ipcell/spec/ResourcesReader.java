// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads {@code linux.resources}. */
final class ResourcesReader {
    private ResourcesReader() {}

    static Resources resources(ObjectReader in) {
        return new Resources(
                deviceRules(in.objects("devices")),
                memory(in.object("memory")),
                cpu(in.object("cpu")),
                pids(in.object("pids")),
                blockIo(in.object("blockIO")),
                hugepageLimits(in.objects("hugepageLimits")),
                network(in.object("network")),
                rdma(in.objectMap("rdma")),
                in.stringMap("unified"),
                in.unknown());
    }

    private static List<DeviceRule> deviceRules(List<ObjectReader> array) {
        List<DeviceRule> rules = new ArrayList<>(array.size());
        for (ObjectReader in : array) {
            DeviceRuleType type = in.choice("type", "device type", DeviceRuleType.values());
            String access = in.string("access");
            rules.add(new DeviceRule(
                    in.requiredFlag("allow"),
                    type == null ? DeviceRuleType.ALL : type,
                    deviceNumber(in, "major"),
                    deviceNumber(in, "minor"),
                    access == null ? "rwm" : access,
                    in.unknown()));
        }
        return List.copyOf(rules);
    }

    /** Engines write -1 where they mean every number. */
    private static @Nullable Long deviceNumber(ObjectReader in, String name) {
        Long number = in.integer(name, -1, Values.UINT32_MAX);
        return number == null || number < 0 ? null : number;
    }

    private static @Nullable Memory memory(@Nullable ObjectReader in) {
        if (in == null) {
            return null;
        }
        return new Memory(
                in.int64("limit"),
                in.int64("reservation"),
                in.int64("swap"),
                in.int64("kernel"),
                in.int64("kernelTCP"),
                in.uint64("swappiness"),
                in.optionalFlag("disableOOMKiller"),
                in.optionalFlag("useHierarchy"),
                in.optionalFlag("checkBeforeUpdate"),
                in.unknown());
    }

    private static @Nullable Cpu cpu(@Nullable ObjectReader in) {
        if (in == null) {
            return null;
        }
        return new Cpu(
                in.uint64("shares"),
                in.int64("quota"),
                in.uint64("burst"),
                in.uint64("period"),
                in.int64("realtimeRuntime"),
                in.uint64("realtimePeriod"),
                in.string("cpus"),
                in.string("mems"),
                in.int64("idle"),
                in.unknown());
    }

    private static @Nullable Pids pids(@Nullable ObjectReader in) {
        return in == null ? null : new Pids(in.int64("limit"), in.unknown());
    }

    private static @Nullable BlockIo blockIo(@Nullable ObjectReader in) {
        if (in == null) {
            return null;
        }
        return new BlockIo(
                in.uint16("weight"),
                in.uint16("leafWeight"),
                weightDevices(in.objects("weightDevice")),
                throttleDevices(in.objects("throttleReadBpsDevice")),
                throttleDevices(in.objects("throttleWriteBpsDevice")),
                throttleDevices(in.objects("throttleReadIOPSDevice")),
                throttleDevices(in.objects("throttleWriteIOPSDevice")),
                in.unknown());
    }

    private static List<WeightDevice> weightDevices(List<ObjectReader> array) {
        List<WeightDevice> devices = new ArrayList<>(array.size());
        for (ObjectReader in : array) {
            devices.add(new WeightDevice(
                    in.requiredUint32("major"),
                    in.requiredUint32("minor"),
                    in.uint16("weight"),
                    in.uint16("leafWeight"),
                    in.unknown()));
        }
        return List.copyOf(devices);
    }

    private static List<ThrottleDevice> throttleDevices(List<ObjectReader> array) {
        List<ThrottleDevice> devices = new ArrayList<>(array.size());
        for (ObjectReader in : array) {
            devices.add(new ThrottleDevice(
                    in.requiredUint32("major"), in.requiredUint32("minor"), in.requiredUint64("rate"), in.unknown()));
        }
        return List.copyOf(devices);
    }

    private static List<HugepageLimit> hugepageLimits(List<ObjectReader> array) {
        List<HugepageLimit> limits = new ArrayList<>(array.size());
        for (ObjectReader in : array) {
            limits.add(new HugepageLimit(in.requiredString("pageSize"), in.requiredUint64("limit"), in.unknown()));
        }
        return List.copyOf(limits);
    }

    private static @Nullable Network network(@Nullable ObjectReader in) {
        if (in == null) {
            return null;
        }
        List<InterfacePriority> priorities = new ArrayList<>();
        for (ObjectReader entry : in.objects("priorities")) {
            priorities.add(new InterfacePriority(
                    entry.requiredString("name"), entry.requiredUint32("priority"), entry.unknown()));
        }
        return new Network(in.uint32("classID"), List.copyOf(priorities), in.unknown());
    }

    private static Map<String, Rdma> rdma(Map<String, ObjectReader> map) {
        if (map.isEmpty()) {
            return Map.of();
        }
        Map<String, Rdma> limits = new LinkedHashMap<>();
        for (Map.Entry<String, ObjectReader> entry : map.entrySet()) {
            ObjectReader in = entry.getValue();
            limits.put(entry.getKey(), new Rdma(in.uint32("hcaHandles"), in.uint32("hcaObjects"), in.unknown()));
        }
        return Collections.unmodifiableMap(limits);
    }
}
