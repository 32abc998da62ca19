// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** The architectures that runtime-spec 1.3 knows for filters (libseccomp 2.6). */
public enum SeccompArch implements WireName {
    X86("SCMP_ARCH_X86"),
    X86_64("SCMP_ARCH_X86_64"),
    X32("SCMP_ARCH_X32"),
    ARM("SCMP_ARCH_ARM"),
    AARCH64("SCMP_ARCH_AARCH64"),
    MIPS("SCMP_ARCH_MIPS"),
    MIPS64("SCMP_ARCH_MIPS64"),
    MIPS64N32("SCMP_ARCH_MIPS64N32"),
    MIPSEL("SCMP_ARCH_MIPSEL"),
    MIPSEL64("SCMP_ARCH_MIPSEL64"),
    MIPSEL64N32("SCMP_ARCH_MIPSEL64N32"),
    PPC("SCMP_ARCH_PPC"),
    PPC64("SCMP_ARCH_PPC64"),
    PPC64LE("SCMP_ARCH_PPC64LE"),
    S390("SCMP_ARCH_S390"),
    S390X("SCMP_ARCH_S390X"),
    PARISC("SCMP_ARCH_PARISC"),
    PARISC64("SCMP_ARCH_PARISC64"),
    RISCV64("SCMP_ARCH_RISCV64"),
    LOONGARCH64("SCMP_ARCH_LOONGARCH64"),
    M68K("SCMP_ARCH_M68K"),
    SH("SCMP_ARCH_SH"),
    SHEB("SCMP_ARCH_SHEB");

    private final String wire;

    SeccompArch(String wire) {
        this.wire = wire;
    }

    @Override
    public String wire() {
        return wire;
    }
}
