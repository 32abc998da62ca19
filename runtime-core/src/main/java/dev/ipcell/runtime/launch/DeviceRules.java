// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.cgroup.Hierarchy;
import dev.ipcell.shim.Program;
import dev.ipcell.spec.DeviceRule;
import dev.ipcell.spec.Resources;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which devices the container may use, for version 1 of cgroups: the configured rules in their order, then the devices that every
 * container gets (runtime-spec, config-linux.md, "Allowed Device List").
 */
final class DeviceRules {
    /** Making any node is harmless without the right to open it; 136 is pts, 5:2 ptmx, 10:200 net/tun. */
    private static final String[] ALWAYS_ALLOWED = {
        "c *:* m",
        "b *:* m",
        "c 1:3 rwm",
        "c 1:5 rwm",
        "c 1:7 rwm",
        "c 1:8 rwm",
        "c 1:9 rwm",
        "c 5:0 rwm",
        "c 5:1 rwm",
        "c 136:* rwm",
        "c 5:2 rwm"
    };

    private DeviceRules() {}

    /** Adds the writes, if rules are configured. */
    static void add(Launch launch, Program program) {
        Resources resources = launch.linux().resources();
        Hierarchy hierarchy = launch.cgroups().layout().version1("devices");
        if (resources == null || resources.devices().isEmpty() || hierarchy == null) {
            return;
        }
        List<DeviceRule> rules = resources.devices();
        for (int i = 0; i < rules.size(); i++) {
            DeviceRule rule = rules.get(i);
            launch.cgroups()
                    .write(
                            program,
                            Launch.at("/linux/resources/devices/" + i),
                            hierarchy,
                            rule.allow() ? "devices.allow" : "devices.deny",
                            text(rule));
        }
        for (String rule : ALWAYS_ALLOWED) {
            launch.cgroups().write(program, "default device rule " + rule, hierarchy, "devices.allow", rule);
        }
    }

    private static String text(DeviceRule rule) {
        String type = rule.type().wire();
        if (type.equals("a") && rule.major() == null && rule.minor() == null) {
            return "a";
        }
        return type + " " + number(rule.major()) + ":" + number(rule.minor()) + " " + rule.access();
    }

    private static String number(@Nullable Long number) {
        return number == null || number < 0 ? "*" : Long.toString(number);
    }
}
