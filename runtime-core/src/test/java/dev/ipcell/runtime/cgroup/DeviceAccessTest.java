// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.CgroupOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.DeviceRule;
import dev.ipcell.spec.DeviceRuleType;
import dev.ipcell.spec.Fragment;
import dev.ipcell.spec.Resources;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DeviceAccessTest {
    private static DeviceAccess access(String rules, Controllers controllers) {
        Fragment<Resources> resources = Layouts.resources("{\"devices\": [" + rules + "]}");
        return new DeviceAccess(resources.value().devices(), Layouts.origin(resources), controllers.layout());
    }

    private static List<String> writes(DeviceAccess access) {
        Program program = new Program();
        access.add(program, new Slots(), Layouts.DIRECTORIES);
        List<String> lines = new ArrayList<>();
        for (Step step : program.steps()) {
            if (step.op() instanceof FileOp.WriteLines write) {
                for (String line : write.lines()) {
                    lines.add(step.origin() + ": " + write.path() + " = " + line);
                }
            } else {
                FileOp.WriteFile write = (FileOp.WriteFile) step.op();
                lines.add(step.origin() + ": " + write.path() + " = " + new String(write.data(), UTF_8));
            }
        }
        return lines;
    }

    @Test
    void version_1_gets_the_rules_in_their_order_and_then_the_default_devices() {
        assertThat(writes(access(
                        "{\"allow\": false, \"access\": \"rwm\"}, {\"allow\": true, \"type\": \"c\", \"major\": 10, \"minor\": 229},"
                                + " {\"allow\": true, \"type\": \"b\", \"major\": 8, \"minor\": -1, \"access\": \"mr\"}",
                        Layouts.HYBRID)))
                .startsWith(
                        "--resources /devices/0: /cg/devices/c/devices.deny = a",
                        "--resources /devices/1: /cg/devices/c/devices.allow = c 10:229 rwm",
                        "--resources /devices/2: /cg/devices/c/devices.allow = b 8:* rm",
                        "default device rules: /cg/devices/c/devices.allow = c *:* m",
                        "default device rules: /cg/devices/c/devices.allow = b *:* m",
                        "default device rules: /cg/devices/c/devices.allow = c 1:3 rwm")
                .hasSize(3 + DefaultDevices.RULES.size());
    }

    @Test
    void what_no_rule_speaks_of_is_denied() {
        assertThat(writes(access("", Layouts.HYBRID)))
                .startsWith("no device but those allowed: /cg/devices/c/devices.deny = a");
        assertThat(writes(access("{\"allow\": true, \"type\": \"c\", \"major\": 10}", Layouts.HYBRID)))
                .startsWith(
                        "no device but those allowed: /cg/devices/c/devices.deny = a",
                        "--resources /devices/0: /cg/devices/c/devices.allow = c 10:* rwm");
    }

    @Test
    void a_rule_for_both_types_with_a_number_is_not_one_for_everything() {
        assertThat(writes(access("{\"allow\": true, \"type\": \"a\", \"major\": 10}", Layouts.HYBRID)))
                .contains(
                        "--resources /devices/0: /cg/devices/c/devices.allow = c 10:* rwm",
                        "--resources /devices/0: /cg/devices/c/devices.allow = b 10:* rwm")
                .noneMatch(line -> line.endsWith("devices.allow = a"));
    }

    @Test
    void version_1_cannot_punch_a_hole_into_a_family_and_this_is_told() {
        DeviceAccess access = access(
                "{\"allow\": true, \"type\": \"c\", \"major\": 10}, {\"allow\": false, \"type\": \"c\", \"major\": 10, \"minor\": 229}",
                Layouts.HYBRID);
        assertThat(access.problems())
                .singleElement()
                .satisfies(
                        problem -> assertThat(problem.render())
                                .startsWith(
                                        "/devices/1: version 1 of cgroups cannot take back a part of what an earlier rule allows"));
        assertThat(access(
                                "{\"allow\": true}, {\"allow\": false, \"type\": \"c\", \"major\": 10, \"minor\": 229}",
                                Layouts.HYBRID)
                        .problems())
                .as("everything but one device")
                .isEmpty();
    }

    @Test
    void version_2_gets_a_program_on_the_containers_cgroup() {
        DeviceAccess access = access("{\"allow\": true, \"type\": \"c\", \"major\": 10}", Layouts.VERSION2);
        assertThat(access.problems()).isEmpty();
        Program program = new Program();
        access.add(program, new Slots(), Layouts.DIRECTORIES);
        assertThat(program.steps())
                .extracting(Step::origin)
                .containsOnly("--resources /devices")
                .hasSize(3);
        assertThat(((DescriptorOp.OpenFd) program.steps().get(0).op()).path()).isEqualTo("/cg/engine/c");
        CgroupOp.BpfDevice op = (CgroupOp.BpfDevice) program.steps().get(1).op();
        assertThat(op.flags()).isZero();
        assertThat(BpfMachine.run(op.program(), 2, 6, 10, 1)).isEqualTo(1);
        assertThat(BpfMachine.run(op.program(), 2, 6, 11, 1)).isZero();
        assertThat(BpfMachine.run(op.program(), 2, 6, 1, 3)).as("null").isEqualTo(1);
        Program again = new Program();
        access.replace(again, new Slots(), Layouts.DIRECTORIES);
        assertThat(((CgroupOp.BpfDevice) again.steps().get(1).op()).flags()).isEqualTo(CgroupOp.BpfDevice.REPLACE);
    }

    @Test
    void a_machine_without_a_device_controller_is_refused() {
        assertThat(access("{\"allow\": true}", Layouts.controllers("", "memory"))
                        .problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.pointer()).isEqualTo("/devices"));
    }

    @Test
    void whatever_version_1_is_said_to_do_the_kernel_does() {
        Random random = new Random(1);
        List<DeviceRule> all = DeviceRulesOfAllKinds.all();
        int possible = 0;
        for (int i = 0; i < 20_000; i++) {
            List<DeviceRule> rules = DeviceRulesOfAllKinds.some(random, all, 1 + random.nextInt(4));
            DeviceList list = new DeviceList();
            boolean said = true;
            for (DeviceRule rule : rules) {
                said &= list.add(rule);
            }
            if (said) {
                possible++;
                compare(rules, list);
            }
        }
        assertThat(possible).isGreaterThan(5000);
    }

    private static void compare(List<DeviceRule> rules, DeviceList list) {
        KernelList kernel = new KernelList();
        for (DeviceList.Write write : list.writes()) {
            kernel.write(write.allow(), write.text());
        }
        for (DeviceRuleType type : List.of(DeviceRuleType.BLOCK, DeviceRuleType.CHARACTER)) {
            for (long major : DeviceRulesOfAllKinds.NUMBERS) {
                for (long minor : new long[] {0, 1, 77}) {
                    for (String letter : List.of("r", "w", "m")) {
                        assertThat(kernel.allows(type.wire(), major, minor, letter))
                                .as("%s %d:%d %s under %s", type, major, minor, letter, rules)
                                .isEqualTo(DeviceRulesOfAllKinds.allowed(rules, type, major, minor, letter));
                    }
                }
            }
        }
    }

    /** security/device_cgroup.c: a default, and exceptions by exact name. */
    private static final class KernelList {
        private final Map<String, String> exceptions = new HashMap<>();
        private boolean allowed = true;

        void write(boolean allow, String text) {
            if (text.equals("a")) {
                allowed = allow;
                exceptions.clear();
                return;
            }
            String name = text.substring(0, text.lastIndexOf(' '));
            String letters = text.substring(text.lastIndexOf(' ') + 1);
            StringBuilder left = new StringBuilder();
            for (String letter : List.of("r", "w", "m")) {
                boolean had = exceptions.getOrDefault(name, "").contains(letter);
                if (letters.contains(letter) ? allow != allowed : had) {
                    left.append(letter);
                }
            }
            exceptions.put(name, left.toString());
        }

        boolean allows(String type, long major, long minor, String letter) {
            boolean exception = false;
            for (String name : List.of(
                    type + " *:*", type + " *:" + minor, type + " " + major + ":*", type + " " + major + ":" + minor)) {
                exception |= exceptions.getOrDefault(name, "").contains(letter);
            }
            return exception != allowed;
        }
    }
}
