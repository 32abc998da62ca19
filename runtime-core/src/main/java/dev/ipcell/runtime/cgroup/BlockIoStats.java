// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.spec.JsonArray;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonString;
import dev.ipcell.spec.JsonValue;
import java.util.ArrayList;
import java.util.List;

/** Use of block devices, in the tables of version 1. */
final class BlockIoStats {
    private static final String PRESSURE = "io.pressure";
    private static final String BYTES = "ioServiceBytesRecursive";
    private static final String SERVICED = "ioServicedRecursive";

    /** Files of the same table, the best first: a scheduler or limit that is not in use counts nothing. */
    private static final String[] BYTES_FILES = {
        "blkio.bfq.io_service_bytes_recursive",
        "blkio.throttle.io_service_bytes_recursive",
        "blkio.throttle.io_service_bytes"
    };

    private static final String[] SERVICED_FILES = {
        "blkio.bfq.io_serviced_recursive", "blkio.throttle.io_serviced_recursive", "blkio.throttle.io_serviced"
    };

    /** Only kernels built for debugging BFQ have these: file and name of the table in turn. */
    private static final String[] DEBUG_TABLES = {
        "blkio.bfq.io_queued_recursive", "ioQueueRecursive",
        "blkio.bfq.io_service_time_recursive", "ioServiceTimeRecursive",
        "blkio.bfq.io_wait_time_recursive", "ioWaitTimeRecursive",
        "blkio.bfq.io_merged_recursive", "ioMergedRecursive",
        "blkio.bfq.time_recursive", "ioTimeRecursive",
        "blkio.bfq.sectors_recursive", "sectorsRecursive"
    };

    private BlockIoStats() {}

    static void files(Controllers controllers, List<CgroupFile> files) {
        Hierarchy home = controllers.home("io");
        if (home != null && home.unified()) {
            files.add(new CgroupFile(home, "io.stat"));
        } else if (home != null) {
            for (String name : BYTES_FILES) {
                files.add(new CgroupFile(home, name));
            }
            for (String name : SERVICED_FILES) {
                files.add(new CgroupFile(home, name));
            }
            for (int i = 0; i < DEBUG_TABLES.length; i += 2) {
                files.add(new CgroupFile(home, DEBUG_TABLES[i]));
            }
        }
        Hierarchy unified = controllers.layout().unified();
        if (unified != null) {
            files.add(new CgroupFile(unified, PRESSURE));
        }
    }

    static JsonObject blkio(Controllers controllers, StatTexts texts) {
        StatsObject out = new StatsObject();
        Hierarchy home = controllers.home("io");
        if (home != null && home.unified()) {
            table(out, BYTES, unified(texts, "rbytes", "wbytes"));
            table(out, SERVICED, unified(texts, "rios", "wios"));
        } else {
            table(out, BYTES, firstFilled(texts, BYTES_FILES));
            table(out, SERVICED, firstFilled(texts, SERVICED_FILES));
            for (int i = 0; i < DEBUG_TABLES.length; i += 2) {
                table(out, DEBUG_TABLES[i + 1], version1(texts, DEBUG_TABLES[i]));
            }
        }
        return out.pressure(texts, PRESSURE).build();
    }

    private static void table(StatsObject out, String name, List<JsonValue> entries) {
        if (!entries.isEmpty()) {
            out.put(name, JsonArray.of(entries));
        }
    }

    private static List<JsonValue> firstFilled(StatTexts texts, String[] files) {
        for (String file : files) {
            List<JsonValue> entries = version1(texts, file);
            if (!entries.isEmpty()) {
                return entries;
            }
        }
        return List.of();
    }

    /** Lines such as {@code 8:0 Read 4096}, {@code 8:0 4096}, and at the end {@code Total 4096}. */
    private static List<JsonValue> version1(StatTexts texts, String file) {
        List<JsonValue> entries = new ArrayList<>();
        for (String[] words : texts.lines(file)) {
            if (words.length == 3) {
                add(entries, words[0], words[1], words[2]);
            } else if (words.length == 2 && !words[0].equals("Total")) {
                add(entries, words[0], "", words[1]);
            }
        }
        return entries;
    }

    /** Lines such as {@code 8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0}. */
    private static List<JsonValue> unified(StatTexts texts, String read, String write) {
        List<JsonValue> entries = new ArrayList<>();
        for (String[] words : texts.lines("io.stat")) {
            for (int i = 1; i < words.length; i++) {
                int equals = words[i].indexOf('=');
                String key = equals < 0 ? "" : words[i].substring(0, equals);
                if (key.equals(read) || key.equals(write)) {
                    add(entries, words[0], key.equals(read) ? "Read" : "Write", words[i].substring(equals + 1));
                }
            }
        }
        return entries;
    }

    private static void add(List<JsonValue> entries, String device, String operation, String value) {
        int colon = device.indexOf(':');
        if (colon <= 0) {
            return;
        }
        StatsObject entry = new StatsObject()
                .numberUnlessZero("major", StatTexts.parse(device.substring(0, colon)))
                .numberUnlessZero("minor", StatTexts.parse(device.substring(colon + 1)));
        if (!operation.isEmpty()) {
            entry.put("op", JsonString.of(operation));
        }
        entries.add(entry.numberUnlessZero("value", StatTexts.parse(value)).build());
    }
}
