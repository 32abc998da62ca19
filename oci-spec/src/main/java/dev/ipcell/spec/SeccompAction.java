// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** What a seccomp filter does with a system call (seccomp(2), libseccomp). */
public enum SeccompAction implements WireName {
    KILL("SCMP_ACT_KILL"),
    KILL_PROCESS("SCMP_ACT_KILL_PROCESS"),
    KILL_THREAD("SCMP_ACT_KILL_THREAD"),
    TRAP("SCMP_ACT_TRAP"),
    ERRNO("SCMP_ACT_ERRNO"),
    TRACE("SCMP_ACT_TRACE"),
    ALLOW("SCMP_ACT_ALLOW"),
    LOG("SCMP_ACT_LOG"),
    NOTIFY("SCMP_ACT_NOTIFY");

    private final String wire;

    SeccompAction(String wire) {
        this.wire = wire;
    }

    @Override
    public String wire() {
        return wire;
    }

    /** Whether the action carries a number: the errno to return, or the message for the tracer. */
    public boolean takesErrno() {
        return this == ERRNO || this == TRACE;
    }
}
