// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;

/**
 * How a process is scheduled (sched_setattr(2)).
 *
 * @param policy the policy
 * @param nice the nice value, -20 to 19
 * @param priority the static priority, for the real-time policies
 * @param flags flags
 * @param runtime nanoseconds of work in each period, for deadline scheduling (uint64)
 * @param deadline nanoseconds from the start of the period to the deadline (uint64)
 * @param period the period in nanoseconds (uint64)
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Scheduler(
        SchedulerPolicy policy,
        int nice,
        int priority,
        List<SchedulerFlag> flags,
        long runtime,
        long deadline,
        long period,
        Map<String, JsonValue> unknown) {}
