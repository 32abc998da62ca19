// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.FileFacts;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.PathOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.linux.Errno;
import dev.ipcell.spec.JsonArray;
import dev.ipcell.spec.JsonNumber;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonValue;
import dev.ipcell.spec.JsonWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Timings as Chrome trace events ("Trace Event Format": complete events, microseconds), which Perfetto opens. */
final class TraceFile {
    private static final String ORIGIN = "--trace";
    private static final int MODE = 0644;

    private TraceFile() {}

    /**
     * Writes it and takes it away again: that it cannot be written is worth knowing while nothing has run yet. In the place of one that is
     * there already another file beside it is written, since the launch may be refused.
     */
    static void check(Conversation conversation, String path) throws Failure, PlanFailedException, IOException {
        Program look = new Program();
        Step there = look.add(Step.optional(ORIGIN, new FileOp.Stat(Slot.CWD, path, 0)));
        BatchResult result = conversation.run(look);
        boolean isThere = result.errno(there) == 0;
        if (isThere && FileFacts.decode(result.value(there)).isDirectory()) {
            throw new Failure(
                    ORIGIN + ": " + path + ": " + Errno.text(Errno.EISDIR) + " (" + Errno.name(Errno.EISDIR) + ")");
        }
        int caller = conversation.hello().pid();
        String tried = isThere ? path + "." + Long.toHexString(System.nanoTime()) : path;
        Program program = new Program();
        program.add(ORIGIN, write(tried, caller, new byte[0]));
        program.add(ORIGIN, new PathOp.RemoveFile(Slot.CWD, tried));
        conversation.run(program);
    }

    static void write(Program program, String path, int caller, List<BatchResult.Timing> timings) {
        program.add(ORIGIN, write(path, caller, render(timings).getBytes(StandardCharsets.UTF_8)));
    }

    private static FileOp.WriteFileAtomic write(String path, int caller, byte[] data) {
        String temporary = FileOp.WriteFileAtomic.temporary(path, caller);
        return new FileOp.WriteFileAtomic(Slot.CWD, path, temporary, MODE, data);
    }

    private static String render(List<BatchResult.Timing> timings) {
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
