// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.scope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.runtime.cgroup.CgroupValue;
import dev.ipcell.runtime.systemd.UnitProperty;
import dev.ipcell.spec.DeviceRule;
import dev.ipcell.spec.DeviceRuleType;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.SourceMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The properties that a configuration comes to. */
class ScopePlanTest {
    private static final SourceMap NOWHERE = new SourceMap(JsonObject.builder().build());
    private static final UnitName NAME = UnitName.of(null, "id", false);

    private static List<UnitProperty> limits(int version, boolean fresh, String... filesAndValues) {
        List<CgroupValue> values = new ArrayList<>();
        for (int i = 0; i < filesAndValues.length; i += 2) {
            values.add(new CgroupValue(filesAndValues[i], filesAndValues[i + 1], ""));
        }
        return ResourceProperties.of(values, version, fresh);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "memory.max | 64 | [MemoryMax=64 (t)]",
                "memory.max | max | [MemoryMax=infinity (t)]",
                "memory.low | 64 | [MemoryLow=64 (t)]",
                "memory.min | 64 | [MemoryMin=64 (t)]",
                "memory.high | 64 | [MemoryHigh=64 (t)]",
                "memory.swap.max | 0 | [MemorySwapMax=0 (t)]",
                "pids.max | 20 | [TasksMax=20 (t)]",
                "pids.max | max | [TasksMax=infinity (t)]",
                "cpu.weight | 174 | [CPUWeight=174 (t)]",
                "cpu.idle | 1 | [CPUWeight=0 (t)]",
                "cpu.idle | 0 | []",
                "cpu.max | 50000 | [CPUQuotaPerSecUSec=500000 (t)]",
                "cpu.max | 50000 200000 | [CPUQuotaPeriodUSec=200000 (t), CPUQuotaPerSecUSec=250000 (t)]",
                "cpu.max | 33333 100000 | [CPUQuotaPeriodUSec=100000 (t), CPUQuotaPerSecUSec=340000 (t)]",
                "cpu.max | max 50000 | [CPUQuotaPeriodUSec=50000 (t), CPUQuotaPerSecUSec=infinity (t)]",
                "cpuset.cpus | 0-3,8 | [AllowedCPUs=[15, 1] (ay)]",
                "cpuset.mems | 0 | [AllowedMemoryNodes=[1] (ay)]",
                "io.weight | 200 | [IOWeight=200 (t)]",
                "io.weight | 8:0 200 | [IODeviceWeight=[[/dev/block/8:0, 200]] (a(st))]",
                "io.max | 8:0 rbps=9 wiops=max | [IOReadBandwidthMax=[[/dev/block/8:0, 9]] (a(st)), "
                        + "IOWriteIOPSMax=[[/dev/block/8:0, -1]] (a(st))]",
                "io.bfq.weight | 200 | []",
                "hugetlb.2MB.max | 2097152 | []",
                "memory.oom.group | 1 | [OOMPolicy=kill (s)]",
            })
    void each_cgroup_file_that_systemd_writes_is_a_property(String file, String value, String properties) {
        assertThat(limits(255, true, file, value)).hasToString(properties);
    }

    @Test
    void what_a_version_lacks_or_a_scope_in_use_cannot_change_is_left_to_the_files() {
        assertThat(limits(251, true, "cpu.idle", "1")).isEmpty();
        assertThat(limits(252, true, "memory.oom.group", "1")).isEmpty();
        assertThat(limits(255, false, "memory.oom.group", "1")).isEmpty();
    }

    @Test
    void an_idle_container_has_no_other_weight() {
        assertThat(limits(252, true, "cpu.weight", "100", "cpu.idle", "1")).hasToString("[CPUWeight=0 (t)]");
    }

    @ParameterizedTest
    @CsvSource({
        "memory.max,much",
        "cpuset.cpus,a",
        "cpuset.cpus,3-1",
        "cpuset.cpus,0-99999",
        "io.max,8:0 fast",
        "cpu.max,a b"
    })
    void a_value_that_is_none_for_its_file_is_refused(String file, String value) {
        assertThatThrownBy(() -> limits(252, true, file, value)).isInstanceOf(IllegalArgumentException.class);
    }

    private static DeviceRule rule(
            boolean allow, DeviceRuleType type, @Nullable Long major, @Nullable Long minor, String access) {
        return new DeviceRule(allow, type, major, minor, access, Map.of());
    }

    @Test
    void the_list_of_devices_allows_whatever_the_rules_allow() {
        List<UnitProperty> devices = DeviceProperties.of(List.of(
                rule(false, DeviceRuleType.ALL, null, null, "rwm"),
                rule(true, DeviceRuleType.CHARACTER, 1L, 3L, "r"),
                rule(true, DeviceRuleType.CHARACTER, 1L, 3L, "w"),
                rule(false, DeviceRuleType.CHARACTER, 1L, 3L, "w"),
                rule(true, DeviceRuleType.BLOCK, 8L, null, "rwm"),
                rule(true, DeviceRuleType.ALL, 9L, 9L, "m"),
                rule(true, DeviceRuleType.CHARACTER, 136L, null, "rwm")));
        assertThat(devices)
                .hasToString("[DevicePolicy=strict (s), DeviceAllow=[] (a(ss)), DeviceAllow=[[/dev/char/1:3, rw], "
                        + "[block-*, rwm], [/dev/char/9:9, m], [/dev/block/9:9, m], [char-pts, rwm]] (a(ss))]");
    }

    @Test
    void who_may_use_every_device_has_no_list() {
        List<UnitProperty> devices = DeviceProperties.of(List.of(
                rule(true, DeviceRuleType.CHARACTER, 1L, 3L, "r"),
                rule(true, DeviceRuleType.ALL, null, null, "rwm"),
                rule(true, DeviceRuleType.CHARACTER, 1L, 5L, "r")));
        assertThat(devices).hasToString("[DevicePolicy=auto (s), DeviceAllow=[] (a(ss))]");
    }

    private static List<UnitProperty> annotated(String name, String value, List<Problem> problems) {
        return PropertyAnnotations.read(Map.of("org.systemd.property." + name, value, "other", "x"), NOWHERE, problems);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "TimeoutStopUSec | uint64 5 | [TimeoutStopUSec=5 (t)]",
                "TimeoutStopSec | uint64 5 | [TimeoutStopUSec=5000000 (t)]",
                "TimeoutStopSec | 1.5 | [TimeoutStopUSec=1500000 (t)]",
                "CollectMode | 'inactive' | [CollectMode=inactive (s)]",
                "Sec | 5 | [Sec=5 (i)]",
                "USec | 5 | [USec=5 (i)]",
            })
    void an_annotation_is_a_property_and_seconds_become_microseconds(String name, String value, String property) {
        List<Problem> problems = new ArrayList<>();
        assertThat(annotated(name, value, problems)).hasToString(property);
        assertThat(problems).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "TimeoutStopSec | 'soon' | must be a number of seconds",
                "TimeoutStopSec | -1 | must be a number of seconds",
                "CollectMode | inactive | a text needs quotes",
                "A1b | 5 | is no name of a property",
                "Ab | 5 | is no name of a property",
                "PIDs | [uint32 1] | is set by ipcell itself",
                "Slice | 'a.slice' | is set by ipcell itself",
            })
    void a_bad_annotation_is_refused_by_name(String name, String value, String why) {
        List<Problem> problems = new ArrayList<>();
        assertThat(annotated(name, value, problems)).isEmpty();
        assertThat(problems).hasSize(1);
        assertThat(problems.getFirst().render())
                .contains("/annotations/org.systemd.property." + name)
                .contains(why);
    }

    @Test
    void a_scope_takes_the_process_in_and_annotations_come_in_the_place_of_others() {
        List<CgroupValue> limits = List.of(new CgroupValue("memory.max", "64", "/memory/limit"));
        ScopePlan plan = ScopePlan.of(
                NAME, false, "id", 252, limits, List.of(), annotated("CollectMode", "'inactive'", new ArrayList<>()));
        assertThat(plan.properties(7))
                .extracting(UnitProperty::toString)
                .containsExactly(
                        "Description=ipcell container id (s)",
                        "Slice=system.slice (s)",
                        "Delegate=true (b)",
                        "DefaultDependencies=false (b)",
                        "CPUAccounting=true (b)",
                        "MemoryAccounting=true (b)",
                        "IOAccounting=true (b)",
                        "TasksAccounting=true (b)",
                        "MemoryMax=64 (t)",
                        "DevicePolicy=strict (s)",
                        "DeviceAllow=[] (a(ss))",
                        "CollectMode=inactive (s)",
                        "PIDs=[7] (au)");
    }

    @ParameterizedTest
    @CsvSource({"252.38-1~deb12u1, 252", "v245.4, 245", "257, 257", "x, 0"})
    void a_version_begins_with_a_number(String text, int number) {
        assertThat(Systemd.number(text)).isEqualTo(number);
    }
}
