// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** Flags of sched_setattr(2). */
public enum SchedulerFlag implements WireName {
    RESET_ON_FORK("SCHED_FLAG_RESET_ON_FORK"),
    RECLAIM("SCHED_FLAG_RECLAIM"),
    DL_OVERRUN("SCHED_FLAG_DL_OVERRUN"),
    KEEP_POLICY("SCHED_FLAG_KEEP_POLICY"),
    KEEP_PARAMS("SCHED_FLAG_KEEP_PARAMS"),
    UTIL_CLAMP_MIN("SCHED_FLAG_UTIL_CLAMP_MIN"),
    UTIL_CLAMP_MAX("SCHED_FLAG_UTIL_CLAMP_MAX");

    private final String wire;

    SchedulerFlag(String wire) {
        this.wire = wire;
    }

    @Override
    public String wire() {
        return wire;
    }
}
