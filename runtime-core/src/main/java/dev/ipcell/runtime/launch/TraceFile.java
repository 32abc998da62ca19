// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.BatchResult;
import dev.ipcell.spec.JsonArray;
import dev.ipcell.spec.JsonNumber;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonValue;
import dev.ipcell.spec.JsonWriter;
import java.util.ArrayList;
import java.util.List;

/** Timings as Chrome trace events ("Trace Event Format": complete events, microseconds), which Perfetto opens. */
final class TraceFile {
    private TraceFile() {}

    static String render(List<BatchResult.Timing> timings) {
        long first = Long.MAX_VALUE;
        for (BatchResult.Timing timing : timings) {
            first = Math.min(first, timing.startNanos());
        }
        List<JsonValue> events = new ArrayList<>();
        for (BatchResult.Timing timing : timings) {
            events.add(JsonObject.builder()
                    .put("name", PlanListing.name(timing.step().op()))
                    .put("cat", "op")
                    .put("ph", "X")
                    .put("ts", micros(timing.startNanos() - first))
                    .put("dur", micros(timing.durationNanos()))
                    .put("pid", timing.pid())
                    .put("tid", timing.pid())
                    .put(
                            "args",
                            JsonObject.builder()
                                    .put("id", timing.id())
                                    .put("operation", timing.step().op().describe())
                                    .put("origin", timing.step().origin())
                                    .build())
                    .build());
        }
        JsonObject trace = JsonObject.builder()
                .put("displayTimeUnit", "ns")
                .put("traceEvents", JsonArray.of(events))
                .build();
        return JsonWriter.compact(trace) + "\n";
    }

    private static JsonNumber micros(long nanos) {
        String fraction = Long.toString(1000 + nanos % 1000).substring(1);
        return new JsonNumber(nanos / 1000 + "." + fraction, 0, 0);
    }
}
