// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.spec.DeviceRule;
import dev.ipcell.spec.DeviceRuleType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Rules for brute force, and what the specification makes of them. */
final class DeviceRulesOfAllKinds {
    /** Few numbers, so that rules meet; the last needs all 32 bits. */
    static final long[] NUMBERS = {0, 1, 5, 0xffff_fffeL};

    static final String[] ACCESSES = {"r", "w", "m", "rw", "rm", "wm", "rwm"};

    private DeviceRulesOfAllKinds() {}

    static DeviceRule rule(
            boolean allow, DeviceRuleType type, @Nullable Long major, @Nullable Long minor, String access) {
        return new DeviceRule(allow, type, major, minor, access, Map.of());
    }

    /** Every rule there is over {@link #NUMBERS}. */
    static List<DeviceRule> all() {
        List<DeviceRule> rules = new ArrayList<>();
        for (DeviceRuleType type : DeviceRuleType.values()) {
            for (int major = -1; major < NUMBERS.length; major++) {
                for (int minor = -1; minor < NUMBERS.length; minor++) {
                    for (String access : ACCESSES) {
                        rules.add(rule(true, type, number(major), number(minor), access));
                        rules.add(rule(false, type, number(major), number(minor), access));
                    }
                }
            }
        }
        return rules;
    }

    static List<DeviceRule> some(Random random, List<DeviceRule> from, int count) {
        List<DeviceRule> rules = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rules.add(from.get(random.nextInt(from.size())));
        }
        return rules;
    }

    private static @Nullable Long number(int index) {
        return index < 0 ? null : (Long) NUMBERS[index];
    }

    /** Whether an access is allowed: for each letter of it the last rule that matches decides, and none denies. */
    static boolean allowed(List<DeviceRule> rules, DeviceRuleType type, long major, long minor, String access) {
        for (int i = 0; i < access.length(); i++) {
            boolean letter = false;
            for (DeviceRule rule : rules) {
                if ((rule.type() == DeviceRuleType.ALL || rule.type() == type)
                        && (rule.major() == null || rule.major() == major)
                        && (rule.minor() == null || rule.minor() == minor)
                        && rule.access().indexOf(access.charAt(i)) >= 0) {
                    letter = rule.allow();
                }
            }
            if (!letter) {
                return false;
            }
        }
        return true;
    }
}
