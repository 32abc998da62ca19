// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a batch brought: values, and how long each operation took if that was asked for. */
public final class BatchResult {
    private final IdentityHashMap<Step, Value> values = new IdentityHashMap<>();
    private final List<Timing> timings = new ArrayList<>();
    private final List<String> leftBehind;
    private final @Nullable PlanFailure failure;

    private record Value(int errno, byte[] data) {}

    /**
     * When an operation ran.
     *
     * @param id the operation's number in the conversation
     * @param pid of the process that ran it
     * @param startNanos on the kernel's CLOCK_MONOTONIC
     */
    public record Timing(int id, Step step, int pid, long startNanos, long durationNanos) {}

    private static final int STATUS_OK = 0;

    BatchResult(byte[] body, List<Step> numbered) {
        WireReader in = new WireReader(body);
        int status = in.u32();
        int failedId = in.u32();
        int errno = in.u32();
        boolean inChild = in.u32() != 0;
        String call = in.string();
        String detail = in.string();
        readValues(in, numbered);
        leftBehind = in.strings();
        readTimings(in, numbered);
        failure = status == STATUS_OK
                ? null
                : new PlanFailure(
                        PlanFailure.Kind.of(status),
                        find(numbered, failedId),
                        failedId,
                        errno,
                        call,
                        detail,
                        inChild,
                        leftBehind);
    }

    private void readValues(WireReader in, List<Step> numbered) {
        int count = in.count(12);
        for (int i = 0; i < count; i++) {
            Step step = find(numbered, in.u32());
            Value value = new Value(in.u32(), in.bytes());
            if (step != null) {
                values.put(step, value);
            }
        }
    }

    private void readTimings(WireReader in, List<Step> numbered) {
        int count = in.count(24);
        for (int i = 0; i < count; i++) {
            int id = in.u32();
            Step step = find(numbered, id);
            int pid = in.u32();
            long start = in.u64();
            long duration = in.u64();
            if (step != null) {
                timings.add(new Timing(id, step, pid, start, duration));
            }
        }
    }

    private static @Nullable Step find(List<Step> numbered, int id) {
        return id > 0 && id <= numbered.size() ? numbered.get(id - 1) : null;
    }

    @Nullable
    PlanFailure failure() {
        return failure;
    }

    /** The value of a step that succeeded; empty if its operation has none. */
    public byte[] value(Step step) {
        Value value = values.get(step);
        return value == null ? new byte[0] : value.data();
    }

    /** The error number of an optional step, 0 if it succeeded. */
    public int errno(Step step) {
        Value value = values.get(step);
        return value == null ? 0 : value.errno();
    }

    /** A value that is one u32, such as the pid of {@link ProcessOp.Clone}. */
    public int number(Step step) {
        return new WireReader(value(step)).u32();
    }

    /** What unwinding could not take back, in words. */
    public List<String> leftBehind() {
        return leftBehind;
    }

    /** The timings, if the batch asked for them. */
    public List<Timing> timings() {
        return timings;
    }
}
