// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.spec.DeviceRule;
import dev.ipcell.spec.DeviceRuleType;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The devices that every container may use, whatever its rules say (runtime-spec, config-linux.md, "Default Devices"), and those that
 * engines have come to expect.
 */
final class DefaultDevices {
    /** Making any node is harmless without the right to open it. */
    static final List<DeviceRule> RULES = List.of(
            rule(DeviceRuleType.CHARACTER, null, null, "m"),
            rule(DeviceRuleType.BLOCK, null, null, "m"),
            character(1, 3), // null
            character(1, 5), // zero
            character(1, 7), // full
            character(1, 8), // random
            character(1, 9), // urandom
            character(5, 0), // tty
            character(5, 1), // console
            rule(DeviceRuleType.CHARACTER, 136L, null, "rwm"), // pts/*
            character(5, 2), // ptmx
            character(10, 200)); // net/tun: engines give no rule for it, and VPNs in containers want it

    private DefaultDevices() {}

    private static DeviceRule character(long major, long minor) {
        return rule(DeviceRuleType.CHARACTER, major, minor, "rwm");
    }

    private static DeviceRule rule(DeviceRuleType type, @Nullable Long major, @Nullable Long minor, String access) {
        return new DeviceRule(true, type, major, minor, access, Map.of());
    }
}
