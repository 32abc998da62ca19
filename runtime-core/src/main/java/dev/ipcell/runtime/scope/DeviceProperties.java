// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.scope;

import dev.ipcell.runtime.systemd.UnitProperty;
import dev.ipcell.spec.DeviceRule;
import dev.ipcell.spec.DeviceRuleType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Device rules as properties of a unit. systemd attaches a program of its own beside the container's, and attaches it anew whenever its
 * configuration is reloaded; what one of them denies is denied. So systemd's list has to allow whatever the rules allow, and may allow
 * more where it cannot say the same: a rule that takes back a part of an earlier one is left out.
 */
final class DeviceProperties {
    private static final String ACCESS = "rwm";
    private static final int PTS_MAJOR = 136;

    private DeviceProperties() {}

    /** The policy and the list; the first element of the list empties what the unit had. */
    static List<UnitProperty> of(List<DeviceRule> rules) {
        Map<String, String> allowed = new LinkedHashMap<>();
        boolean everything = false;
        for (DeviceRule rule : rules) {
            if (isForAll(rule)) {
                everything = rule.allow();
                allowed.clear();
            } else if (rule.allow()) {
                add(allowed, rule);
            }
        }
        List<UnitProperty> properties = new ArrayList<>();
        properties.add(UnitProperty.of("DevicePolicy", everything ? "auto" : "strict"));
        properties.add(new UnitProperty("DeviceAllow", "a(ss)", List.of()));
        if (!everything && !allowed.isEmpty()) {
            List<Object> list = new ArrayList<>();
            for (Map.Entry<String, String> entry : allowed.entrySet()) {
                list.add(List.of(entry.getKey(), entry.getValue()));
            }
            properties.add(new UnitProperty("DeviceAllow", "a(ss)", List.copyOf(list)));
        }
        return properties;
    }

    private static boolean isForAll(DeviceRule rule) {
        boolean everyDevice = rule.type() == DeviceRuleType.ALL && rule.major() == null && rule.minor() == null;
        return everyDevice && both(rule.access(), "").equals(ACCESS);
    }

    private static void add(Map<String, String> allowed, DeviceRule rule) {
        if (rule.type() != DeviceRuleType.BLOCK) {
            add(allowed, node("char", rule), rule.access());
        }
        if (rule.type() != DeviceRuleType.CHARACTER) {
            add(allowed, node("block", rule), rule.access());
        }
    }

    private static void add(Map<String, String> allowed, String node, String access) {
        allowed.put(node, both(access, allowed.getOrDefault(node, "")));
    }

    /** systemd knows a family of devices by its driver's name only, which is a fact of the running kernel: all stand for one. */
    private static String node(String kind, DeviceRule rule) {
        if (rule.major() == null || rule.minor() == null) {
            return kind.equals("char") && isPts(rule) ? "char-pts" : kind + "-*";
        }
        return "/dev/" + kind + "/" + rule.major() + ":" + rule.minor();
    }

    private static boolean isPts(DeviceRule rule) {
        Long major = rule.major();
        return major != null && major == PTS_MAJOR;
    }

    private static String both(String one, String other) {
        StringBuilder both = new StringBuilder();
        for (int i = 0; i < ACCESS.length(); i++) {
            char c = ACCESS.charAt(i);
            if (one.indexOf(c) >= 0 || other.indexOf(c) >= 0) {
                both.append(c);
            }
        }
        return both.toString();
    }
}
