// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.spec.JsonNumber;
import dev.ipcell.spec.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Use of processors, and the cpuset; times in nanoseconds. */
final class CpuStats {
    private static final String PRESSURE = "cpu.pressure";
    private static final long NANOS_PER_MICRO = 1000;

    /** USER_HZ is 100 on every architecture that counts. */
    private static final long NANOS_PER_TICK = 10_000_000;

    private static final String[] CPUACCT = {
        "cpuacct.usage", "cpuacct.usage_percpu", "cpuacct.usage_all", "cpuacct.stat"
    };
    private static final String[] CPUSET_FLAGS = {
        "mem_hardwall",
        "mem_exclusive",
        "memory_migrate",
        "memory_spread_page",
        "memory_spread_slab",
        "memory_pressure",
        "sched_load_balance"
    };

    private CpuStats() {}

    static void files(Controllers controllers, List<CgroupFile> files) {
        CgroupLayout layout = controllers.layout();
        Hierarchy cpu = layout.version1("cpu");
        Hierarchy unified = layout.unified();
        if (cpu != null) {
            files.add(new CgroupFile(cpu, "cpu.stat"));
        } else if (unified != null) {
            files.add(new CgroupFile(unified, "cpu.stat"));
        }
        if (unified != null) {
            files.add(new CgroupFile(unified, PRESSURE));
        }
        add(layout.version1("cpuacct"), CPUACCT, files);
        Hierarchy cpuset = layout.version1("cpuset");
        if (cpuset != null) {
            for (String name : List.of(
                    "cpus",
                    "cpu_exclusive",
                    "mems",
                    "mem_hardwall",
                    "mem_exclusive",
                    "memory_migrate",
                    "memory_spread_page",
                    "memory_spread_slab",
                    "memory_pressure",
                    "sched_load_balance",
                    "sched_relax_domain_level")) {
                files.add(new CgroupFile(cpuset, "cpuset." + name));
            }
        }
    }

    private static void add(@Nullable Hierarchy hierarchy, String[] names, List<CgroupFile> files) {
        if (hierarchy != null) {
            for (String name : names) {
                files.add(new CgroupFile(hierarchy, name));
            }
        }
    }

    static JsonObject cpu(Controllers controllers, StatTexts texts) {
        Map<String, Long> stat = texts.keyed("cpu.stat");
        boolean version1 = controllers.layout().version1("cpu") != null;
        JsonObject usage = controllers.layout().version1("cpuacct") != null ? accounted(texts) : unified(stat);
        long throttled = version1
                ? StatTexts.of(stat, "throttled_time")
                : StatTexts.of(stat, "throttled_usec") * NANOS_PER_MICRO;
        JsonObject throttling = new StatsObject()
                .numberUnlessZero("periods", StatTexts.of(stat, "nr_periods"))
                .numberUnlessZero("throttledPeriods", StatTexts.of(stat, "nr_throttled"))
                .numberUnlessZero("throttledTime", throttled)
                .build();
        return new StatsObject()
                .put("usage", usage)
                .put("throttling", throttling)
                .pressure(texts, PRESSURE)
                .build();
    }

    private static JsonObject unified(Map<String, Long> stat) {
        return new StatsObject()
                .numberUnlessZero("total", StatTexts.of(stat, "usage_usec") * NANOS_PER_MICRO)
                .number("kernel", StatTexts.of(stat, "system_usec") * NANOS_PER_MICRO)
                .number("user", StatTexts.of(stat, "user_usec") * NANOS_PER_MICRO)
                .build();
    }

    private static JsonObject accounted(StatTexts texts) {
        List<Long> each = new ArrayList<>();
        for (String[] words : texts.lines("cpuacct.usage_percpu")) {
            for (String word : words) {
                each.add(StatTexts.parse(word));
            }
        }
        List<Long> user = new ArrayList<>();
        List<Long> system = new ArrayList<>();
        for (String[] words : texts.lines("cpuacct.usage_all")) {
            if (words.length >= 3 && !words[0].equals("cpu")) { // the heading: cpu user system
                user.add(StatTexts.parse(words[1]));
                system.add(StatTexts.parse(words[2]));
            }
        }
        Map<String, Long> ticks = texts.keyed("cpuacct.stat");
        return new StatsObject()
                .numberUnlessZero("total", texts.number("cpuacct.usage"))
                .numbersUnlessEmpty("percpu", each)
                .numbersUnlessEmpty("percpu_kernel", system)
                .numbersUnlessEmpty("percpu_user", user)
                .number("kernel", StatTexts.of(ticks, "system") * NANOS_PER_TICK)
                .number("user", StatTexts.of(ticks, "user") * NANOS_PER_TICK)
                .build();
    }

    /** Only version 1 has all these; elsewhere they are 0. */
    static JsonObject cpuset(StatTexts texts) {
        StatsObject out = new StatsObject()
                .numbersUnlessEmpty("cpus", members(texts, "cpuset.cpus"))
                .number("cpu_exclusive", texts.number("cpuset.cpu_exclusive"))
                .numbersUnlessEmpty("mems", members(texts, "cpuset.mems"));
        for (String flag : CPUSET_FLAGS) {
            out.number(flag, texts.number("cpuset." + flag));
        }
        long level = texts.number("cpuset.sched_relax_domain_level");
        return out.put("sched_relax_domain_level", JsonNumber.of(level)).build();
    }

    /** The members of a list such as {@code 0-2,7}. */
    private static List<Long> members(StatTexts texts, String file) {
        List<Long> members = new ArrayList<>();
        for (String[] words : texts.lines(file)) {
            for (String range : words[0].split(",", -1)) {
                int dash = range.indexOf('-');
                long first = StatTexts.parse(dash < 0 ? range : range.substring(0, dash));
                long last = dash < 0 ? first : StatTexts.parse(range.substring(dash + 1));
                for (long i = first; i <= Math.min(last, 0xffff); i++) {
                    members.add(i);
                }
            }
        }
        return members;
    }
}
