// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** Flags for installing a filter (seccomp(2)). */
public enum SeccompFlag implements WireName {
    TSYNC("SECCOMP_FILTER_FLAG_TSYNC"),
    LOG("SECCOMP_FILTER_FLAG_LOG"),
    SPEC_ALLOW("SECCOMP_FILTER_FLAG_SPEC_ALLOW"),
    WAIT_KILLABLE_RECV("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV");

    private final String wire;

    SeccompFlag(String wire) {
        this.wire = wire;
    }

    @Override
    public String wire() {
        return wire;
    }
}
