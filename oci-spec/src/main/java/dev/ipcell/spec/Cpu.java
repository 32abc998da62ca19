// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Limits of the cpu and cpuset controllers; times in microseconds.
 *
 * @param shares the relative share (uint64)
 * @param quota time per period; negative means no limit
 * @param burst additional time (uint64)
 * @param period the period (uint64)
 * @param realtimeRuntime time per real-time period
 * @param realtimePeriod the real-time period (uint64)
 * @param cpus processors such as {@code 0-3,7}
 * @param mems memory nodes such as {@code 0-3,7}
 * @param idle 1 for SCHED_IDLE, 0 for the usual
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Cpu(
        @Nullable Long shares,
        @Nullable Long quota,
        @Nullable Long burst,
        @Nullable Long period,
        @Nullable Long realtimeRuntime,
        @Nullable Long realtimePeriod,
        @Nullable String cpus,
        @Nullable String mems,
        @Nullable Long idle,
        Map<String, JsonValue> unknown) {}
