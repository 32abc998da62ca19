// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.spec.JsonNull;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonString;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A container's statistics in the form of runc's {@code events --stats}, which containerd and others read. Version 2 fills in the same
 * fields as version 1 where it has the same numbers.
 */
public final class CgroupStats {
    /** Every size that some architecture has; there is no file for the others. */
    private static final String[] PAGE_SIZES = {"64KB", "1MB", "2MB", "16MB", "32MB", "512MB", "1GB", "2GB", "16GB"};

    private CgroupStats() {}

    /** The files to read. None has the name of another, and any may be missing. */
    public static List<CgroupFile> files(Controllers controllers) {
        List<CgroupFile> files = new ArrayList<>();
        CpuStats.files(controllers, files);
        MemoryStats.files(controllers, files);
        BlockIoStats.files(controllers, files);
        pidsFiles(controllers, files);
        hugepageFiles(controllers, files);
        return files;
    }

    /**
     * The line that {@code events} prints.
     *
     * @param texts by name, the text of each of {@link #files} that could be read
     */
    public static JsonObject event(String id, Controllers controllers, Map<String, String> texts) {
        return new StatsObject()
                .put("type", JsonString.of("stats"))
                .put("id", JsonString.of(id))
                .put("data", data(controllers, texts))
                .build();
    }

    /** The statistics alone. */
    public static JsonObject data(Controllers controllers, Map<String, String> texts) {
        StatTexts in = new StatTexts(texts);
        return new StatsObject()
                .put("cpu", CpuStats.cpu(controllers, in))
                .put("cpuset", CpuStats.cpuset(in))
                .put("memory", MemoryStats.memory(controllers, in))
                .put("pids", pids(in))
                .put("blkio", BlockIoStats.blkio(controllers, in))
                .put("hugetlb", hugepages(in))
                .put("intel_rdt", new StatsObject().build())
                .put("network_interfaces", new JsonNull(0, 0))
                .build();
    }

    private static void pidsFiles(Controllers controllers, List<CgroupFile> files) {
        Hierarchy home = controllers.home("pids");
        if (home != null) {
            files.add(new CgroupFile(home, "pids.current"));
            files.add(new CgroupFile(home, "pids.max"));
        }
        Hierarchy unified = controllers.layout().unified();
        if (unified != null) {
            files.add(new CgroupFile(unified, "cgroup.procs"));
        }
    }

    /** Without the controller the processes are counted. */
    private static JsonObject pids(StatTexts in) {
        long current = in.has("pids.current")
                ? in.number("pids.current")
                : in.lines("cgroup.procs").size();
        long limit = in.number("pids.max");
        return new StatsObject()
                .numberUnlessZero("current", current)
                .numberUnlessZero("limit", limit == StatTexts.MAX ? 0 : limit)
                .build();
    }

    private static void hugepageFiles(Controllers controllers, List<CgroupFile> files) {
        Hierarchy home = controllers.home("hugetlb");
        if (home == null) {
            return;
        }
        for (String size : PAGE_SIZES) {
            String start = "hugetlb." + size;
            if (home.unified()) {
                files.add(new CgroupFile(home, start + ".rsvd.current"));
                files.add(new CgroupFile(home, start + ".events"));
            } else {
                files.add(new CgroupFile(home, start + ".rsvd.usage_in_bytes"));
                files.add(new CgroupFile(home, start + ".rsvd.max_usage_in_bytes"));
                files.add(new CgroupFile(home, start + ".rsvd.failcnt"));
            }
        }
    }

    private static JsonObject hugepages(StatTexts in) {
        StatsObject sizes = new StatsObject();
        for (String size : PAGE_SIZES) {
            String start = "hugetlb." + size;
            boolean unified = in.has(start + ".rsvd.current");
            if (unified || in.has(start + ".rsvd.usage_in_bytes")) {
                long usage = in.number(start + (unified ? ".rsvd.current" : ".rsvd.usage_in_bytes"));
                long failures =
                        unified ? StatTexts.of(in.keyed(start + ".events"), "max") : in.number(start + ".rsvd.failcnt");
                sizes.put(
                        size,
                        new StatsObject()
                                .numberUnlessZero("usage", usage)
                                .numberUnlessZero("max", in.number(start + ".rsvd.max_usage_in_bytes"))
                                .number("failcnt", failures)
                                .build());
            }
        }
        return sizes.build();
    }
}
