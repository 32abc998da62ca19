// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.spec.JsonObject;
import java.util.List;
import java.util.Map;

/** Use of memory, in bytes. {@code swap} is memory and swap together, as version 1 counts. */
final class MemoryStats {
    private static final String PRESSURE = "memory.pressure";
    private static final String[] KINDS = {"memory", "memory.memsw", "memory.kmem", "memory.kmem.tcp"};
    private static final String[] COUNTERS = {"usage_in_bytes", "max_usage_in_bytes", "failcnt", "limit_in_bytes"};
    private static final String[] UNIFIED = {
        "memory.current", "memory.max", "memory.peak", "memory.swap.current", "memory.swap.max"
    };

    private MemoryStats() {}

    static void files(Controllers controllers, List<CgroupFile> files) {
        Hierarchy home = controllers.home("memory");
        if (home != null) {
            files.add(new CgroupFile(home, "memory.stat"));
            if (home.unified()) {
                for (String name : UNIFIED) {
                    files.add(new CgroupFile(home, name));
                }
            } else {
                for (String kind : KINDS) {
                    for (String counter : COUNTERS) {
                        files.add(new CgroupFile(home, kind + "." + counter));
                    }
                }
            }
        }
        Hierarchy unified = controllers.layout().unified();
        if (unified != null) {
            files.add(new CgroupFile(unified, PRESSURE));
        }
    }

    static JsonObject memory(Controllers controllers, StatTexts texts) {
        Map<String, Long> raw = texts.keyed("memory.stat");
        Hierarchy home = controllers.home("memory");
        StatsObject out = new StatsObject();
        if (home != null && home.unified()) {
            out.numberUnlessZero("cache", StatTexts.of(raw, "file"));
            unified(texts, out);
        } else {
            out.numberUnlessZero("cache", StatTexts.of(raw, "cache"))
                    .put("usage", version1(texts, "memory"))
                    .put("swap", version1(texts, "memory.memsw"))
                    .put("kernel", version1(texts, "memory.kmem"))
                    .put("kernelTCP", version1(texts, "memory.kmem.tcp"));
        }
        StatsObject all = new StatsObject();
        for (Map.Entry<String, Long> entry : raw.entrySet()) {
            all.number(entry.getKey(), entry.getValue());
        }
        if (!raw.isEmpty()) {
            out.put("raw", all.build());
        }
        return out.pressure(texts, PRESSURE).build();
    }

    private static JsonObject version1(StatTexts texts, String kind) {
        return entry(
                texts.number(kind + ".limit_in_bytes"),
                texts.number(kind + ".usage_in_bytes"),
                texts.number(kind + ".max_usage_in_bytes"),
                texts.number(kind + ".failcnt"));
    }

    private static void unified(StatTexts texts, StatsObject out) {
        long used = texts.number("memory.current");
        long limit = texts.number("memory.max");
        out.put("usage", entry(limit, used, texts.number("memory.peak"), 0));
        long swapLimit = texts.number("memory.swap.max");
        boolean unlimited = limit == StatTexts.MAX || swapLimit == StatTexts.MAX;
        out.put(
                "swap",
                entry(
                        unlimited ? StatTexts.MAX : limit + swapLimit,
                        used + texts.number("memory.swap.current"),
                        0, // the two peaks need not have been at one time
                        0));
        out.put("kernel", entry(0, 0, 0, 0));
        out.put("kernelTCP", entry(0, 0, 0, 0));
    }

    private static JsonObject entry(long limit, long usage, long max, long failures) {
        return new StatsObject()
                .number("limit", limit)
                .numberUnlessZero("usage", usage)
                .numberUnlessZero("max", max)
                .number("failcnt", failures)
                .build();
    }
}
