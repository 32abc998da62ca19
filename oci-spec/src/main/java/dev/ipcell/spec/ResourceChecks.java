// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Checks of {@code linux.resources}, which also stand alone for {@code update}. */
final class ResourceChecks {
    private ResourceChecks() {}

    static void check(Resources resources, String at, Problems problems) {
        if (!problems.sound(at)) {
            return;
        }
        deviceRules(resources.devices(), at, problems);
        memory(resources.memory(), at + "/memory", problems);
        cpu(resources.cpu(), at + "/cpu", problems);
        Pids pids = resources.pids();
        if (pids != null) {
            limit(pids.limit(), at + "/pids/limit", problems);
        }
        blockIo(resources.blockIo(), at, problems);
        hugepageLimits(resources.hugepageLimits(), at, problems);
        for (Map.Entry<String, Rdma> entry : resources.rdma().entrySet()) {
            Rdma rdma = entry.getValue();
            if (rdma.hcaHandles() == null && rdma.hcaObjects() == null) {
                problems.error(JsonPointer.child(at + "/rdma", entry.getKey()), "needs hcaHandles or hcaObjects");
            }
        }
        unified(resources.unified(), at, problems);
    }

    private static void deviceRules(List<DeviceRule> rules, String at, Problems problems) {
        for (int i = 0; i < rules.size(); i++) {
            String access = rules.get(i).access();
            String pointer = JsonPointer.child(at + "/devices", i) + "/access";
            boolean hasAll = false;
            for (int j = 0; j < access.length(); j++) {
                hasAll |= access.charAt(j) == 'a';
                if ("rwma".indexOf(access.charAt(j)) < 0) {
                    problems.error(pointer, "must be composed of r, w and m, not " + Quoted.of(access));
                    hasAll = false;
                    break;
                }
            }
            // Other runtimes pass over it, so it is found in configurations. As all accesses it would allow more there.
            if (hasAll) {
                problems.warning(pointer, "the letter a means nothing, only r, w and m do: " + Quoted.of(access));
            }
        }
    }

    private static void memory(@Nullable Memory memory, String at, Problems problems) {
        if (memory == null) {
            return;
        }
        limit(memory.limit(), at + "/limit", problems);
        limit(memory.reservation(), at + "/reservation", problems);
        limit(memory.swap(), at + "/swap", problems);
        limit(memory.kernel(), at + "/kernel", problems);
        limit(memory.kernelTcp(), at + "/kernelTCP", problems);
        Long swappiness = memory.swappiness();
        if (swappiness != null && Long.compareUnsigned(swappiness, 100) > 0) {
            problems.error(at + "/swappiness", "must be within 0..100, not " + Long.toUnsignedString(swappiness));
        }
    }

    /** A limit is a number from 0, or -1 for none. */
    private static void limit(@Nullable Long value, String pointer, Problems problems) {
        if (value != null && value < -1) {
            problems.error(pointer, "must be -1 (no limit) or more, not " + value);
        }
    }

    private static void cpu(@Nullable Cpu cpu, String at, Problems problems) {
        if (cpu == null) {
            return;
        }
        Long quota = cpu.quota();
        Long burst = cpu.burst();
        if (quota != null && quota > 0 && burst != null && Long.compareUnsigned(burst, quota) > 0) {
            problems.error(at + "/burst", "must not be above the quota");
        }
        Long idle = cpu.idle();
        if (idle != null && idle != 0 && idle != 1) {
            problems.error(at + "/idle", "must be 0 or 1, not " + idle);
        }
    }

    private static void blockIo(@Nullable BlockIo blockIo, String at, Problems problems) {
        if (blockIo == null) {
            return;
        }
        List<WeightDevice> devices = blockIo.weightDevice();
        for (int i = 0; i < devices.size(); i++) {
            if (devices.get(i).weight() == null && devices.get(i).leafWeight() == null) {
                problems.error(JsonPointer.child(at + "/blockIO/weightDevice", i), "needs weight or leafWeight");
            }
        }
    }

    private static void hugepageLimits(List<HugepageLimit> limits, String at, Problems problems) {
        for (int i = 0; i < limits.size(); i++) {
            String size = limits.get(i).pageSize();
            if (!isPageSize(size)) {
                problems.error(
                        JsonPointer.child(at + "/hugepageLimits", i) + "/pageSize",
                        "must be a size such as 64KB, 2MB or 1GB, not " + Quoted.of(size));
            }
        }
    }

    private static boolean isPageSize(String size) {
        int digits = size.length() - 2;
        if (digits < 1 || !size.endsWith("B") || "KMG".indexOf(size.charAt(digits)) < 0 || size.charAt(0) == '0') {
            return false;
        }
        for (int i = 0; i < digits; i++) {
            if (size.charAt(i) < '0' || size.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    private static void unified(Map<String, String> unified, String at, Problems problems) {
        for (String file : unified.keySet()) {
            if (file.isEmpty() || file.equals(".") || file.equals("..") || file.indexOf('/') >= 0) {
                problems.error(
                        JsonPointer.child(at + "/unified", file),
                        "must be the name of a file in the cgroup, not " + Quoted.of(file));
            }
        }
    }
}
