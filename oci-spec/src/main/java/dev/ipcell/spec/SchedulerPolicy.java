// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** Scheduling policies (config.md, sched(7)). */
public enum SchedulerPolicy implements WireName {
    OTHER("SCHED_OTHER"),
    FIFO("SCHED_FIFO"),
    RR("SCHED_RR"),
    BATCH("SCHED_BATCH"),
    ISO("SCHED_ISO"),
    IDLE("SCHED_IDLE"),
    DEADLINE("SCHED_DEADLINE");

    private final String wire;

    SchedulerPolicy(String wire) {
        this.wire = wire;
    }

    @Override
    public String wire() {
        return wire;
    }
}
