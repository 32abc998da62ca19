// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** The resource limits of Linux in the order of asm-generic/resource.h (getrlimit(2)). */
public enum RlimitType implements WireName {
    CPU("RLIMIT_CPU"),
    FSIZE("RLIMIT_FSIZE"),
    DATA("RLIMIT_DATA"),
    STACK("RLIMIT_STACK"),
    CORE("RLIMIT_CORE"),
    RSS("RLIMIT_RSS"),
    NPROC("RLIMIT_NPROC"),
    NOFILE("RLIMIT_NOFILE"),
    MEMLOCK("RLIMIT_MEMLOCK"),
    AS("RLIMIT_AS"),
    LOCKS("RLIMIT_LOCKS"),
    SIGPENDING("RLIMIT_SIGPENDING"),
    MSGQUEUE("RLIMIT_MSGQUEUE"),
    NICE("RLIMIT_NICE"),
    RTPRIO("RLIMIT_RTPRIO"),
    RTTIME("RLIMIT_RTTIME");

    private final String wire;

    RlimitType(String wire) {
        this.wire = wire;
    }

    @Override
    public String wire() {
        return wire;
    }

    /**
     * The kernel's number for the limit, on the architectures that use the generic numbers (x86-64, arm64, riscv64,
     * ...).
     */
    @SuppressWarnings("EnumOrdinal") // the order is the kernel's
    public int number() {
        return ordinal();
    }
}
