// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** Input/output scheduling classes (ioprio_set(2)). */
public enum IoPriorityClass implements WireName {
    REAL_TIME("IOPRIO_CLASS_RT"),
    BEST_EFFORT("IOPRIO_CLASS_BE"),
    IDLE("IOPRIO_CLASS_IDLE");

    private final String wire;

    IoPriorityClass(String wire) {
        this.wire = wire;
    }

    @Override
    public String wire() {
        return wire;
    }
}
