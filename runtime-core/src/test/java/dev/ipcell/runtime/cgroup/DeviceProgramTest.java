// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.spec.DeviceRule;
import dev.ipcell.spec.DeviceRuleType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The program's verdicts against a plain reading of the specification, for every access to every device that the rules can tell apart. */
class DeviceProgramTest {
    private static final List<DeviceRule> ALL = DeviceRulesOfAllKinds.all();

    private static int bits(String access) {
        return (access.contains("r") ? 2 : 0) | (access.contains("w") ? 4 : 0) | (access.contains("m") ? 1 : 0);
    }

    private static void compare(List<DeviceRule> rules) {
        byte[] program = DeviceProgram.of(rules);
        for (long major : DeviceRulesOfAllKinds.NUMBERS) {
            for (long minor : DeviceRulesOfAllKinds.NUMBERS) {
                compare(program, rules, major, minor);
            }
            compare(program, rules, major, 77);
        }
        compare(program, rules, 77, 77);
    }

    private static void compare(byte[] program, List<DeviceRule> rules, long major, long minor) {
        for (DeviceRuleType type : List.of(DeviceRuleType.BLOCK, DeviceRuleType.CHARACTER)) {
            for (String access : DeviceRulesOfAllKinds.ACCESSES) {
                int kernelType = type == DeviceRuleType.BLOCK ? 1 : 2;
                int verdict = BpfMachine.run(program, kernelType, bits(access), (int) major, (int) minor);
                int expected = DeviceRulesOfAllKinds.allowed(rules, type, major, minor, access) ? 1 : 0;
                if (verdict != expected) {
                    assertThat(verdict)
                            .as("%s %d:%d %s under %s", type, major, minor, access, rules)
                            .isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void every_single_rule_after_a_denial_or_a_permission_of_everything() {
        for (DeviceRule rule : ALL) {
            compare(List.of(rule));
            compare(List.of(DeviceRulesOfAllKinds.rule(true, DeviceRuleType.ALL, null, null, "rwm"), rule));
            compare(List.of(DeviceRulesOfAllKinds.rule(false, DeviceRuleType.ALL, null, null, "rwm"), rule));
        }
    }

    @Test
    void every_pair_of_rules_with_one_number() {
        List<DeviceRule> few = new ArrayList<>();
        for (DeviceRule rule : ALL) {
            Long major = rule.major();
            if (rule.minor() == null && (major == null || major == 1)) {
                few.add(rule);
            }
        }
        for (DeviceRule first : few) {
            for (DeviceRule second : few) {
                compare(List.of(first, second));
            }
        }
    }

    @Test
    void long_lists_of_rules() {
        Random random = new Random(20260801);
        for (int i = 0; i < 1000; i++) {
            compare(DeviceRulesOfAllKinds.some(random, ALL, 1 + random.nextInt(30)));
        }
    }

    @Test
    void no_rule_denies_everything() {
        assertThat(BpfMachine.run(DeviceProgram.of(List.of()), 2, 2, 1, 3)).isZero();
    }

    @Test
    void wanting_nothing_is_allowed() {
        assertThat(BpfMachine.run(DeviceProgram.of(List.of()), 2, 0, 1, 3)).isEqualTo(1);
    }

    @Test
    void the_default_devices_may_be_used_and_all_nodes_made() {
        List<DeviceRule> rules = new ArrayList<>();
        rules.add(DeviceRulesOfAllKinds.rule(false, DeviceRuleType.ALL, null, null, "rwm"));
        rules.addAll(DefaultDevices.RULES);
        byte[] program = DeviceProgram.of(rules);
        int[][] usable = {{1, 3}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}, {5, 1}, {5, 2}, {136, 4}, {10, 200}};
        for (int[] device : usable) {
            assertThat(BpfMachine.run(program, 2, 7, device[0], device[1])).isEqualTo(1);
        }
        assertThat(BpfMachine.run(program, 2, 2, 1, 11)).as("read kmsg").isZero();
        assertThat(BpfMachine.run(program, 1, 2, 8, 0)).as("read sda").isZero();
        assertThat(BpfMachine.run(program, 1, 1, 8, 0)).as("mknod sda").isEqualTo(1);
    }

    @Test
    void what_comes_before_a_rule_for_everything_is_left_out() {
        DeviceRule everything = DeviceRulesOfAllKinds.rule(true, DeviceRuleType.ALL, null, null, "rwm");
        DeviceRule before = DeviceRulesOfAllKinds.rule(false, DeviceRuleType.BLOCK, 8L, null, "rw");
        assertThat(DeviceProgram.of(List.of(before, before, everything)))
                .isEqualTo(DeviceProgram.of(List.of(everything)));
    }
}
