// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** The capabilities of Linux 5.9 and later in the kernel's order (capabilities(7), linux/capability.h). */
public enum Capability implements WireName {
    CHOWN("CAP_CHOWN"),
    DAC_OVERRIDE("CAP_DAC_OVERRIDE"),
    DAC_READ_SEARCH("CAP_DAC_READ_SEARCH"),
    FOWNER("CAP_FOWNER"),
    FSETID("CAP_FSETID"),
    KILL("CAP_KILL"),
    SETGID("CAP_SETGID"),
    SETUID("CAP_SETUID"),
    SETPCAP("CAP_SETPCAP"),
    LINUX_IMMUTABLE("CAP_LINUX_IMMUTABLE"),
    NET_BIND_SERVICE("CAP_NET_BIND_SERVICE"),
    NET_BROADCAST("CAP_NET_BROADCAST"),
    NET_ADMIN("CAP_NET_ADMIN"),
    NET_RAW("CAP_NET_RAW"),
    IPC_LOCK("CAP_IPC_LOCK"),
    IPC_OWNER("CAP_IPC_OWNER"),
    SYS_MODULE("CAP_SYS_MODULE"),
    SYS_RAWIO("CAP_SYS_RAWIO"),
    SYS_CHROOT("CAP_SYS_CHROOT"),
    SYS_PTRACE("CAP_SYS_PTRACE"),
    SYS_PACCT("CAP_SYS_PACCT"),
    SYS_ADMIN("CAP_SYS_ADMIN"),
    SYS_BOOT("CAP_SYS_BOOT"),
    SYS_NICE("CAP_SYS_NICE"),
    SYS_RESOURCE("CAP_SYS_RESOURCE"),
    SYS_TIME("CAP_SYS_TIME"),
    SYS_TTY_CONFIG("CAP_SYS_TTY_CONFIG"),
    MKNOD("CAP_MKNOD"),
    LEASE("CAP_LEASE"),
    AUDIT_WRITE("CAP_AUDIT_WRITE"),
    AUDIT_CONTROL("CAP_AUDIT_CONTROL"),
    SETFCAP("CAP_SETFCAP"),
    MAC_OVERRIDE("CAP_MAC_OVERRIDE"),
    MAC_ADMIN("CAP_MAC_ADMIN"),
    SYSLOG("CAP_SYSLOG"),
    WAKE_ALARM("CAP_WAKE_ALARM"),
    BLOCK_SUSPEND("CAP_BLOCK_SUSPEND"),
    AUDIT_READ("CAP_AUDIT_READ"),
    PERFMON("CAP_PERFMON"),
    BPF("CAP_BPF"),
    CHECKPOINT_RESTORE("CAP_CHECKPOINT_RESTORE");

    private final String wire;

    Capability(String wire) {
        this.wire = wire;
    }

    @Override
    public String wire() {
        return wire;
    }

    /** The kernel's number for the capability. */
    @SuppressWarnings("EnumOrdinal") // the order is the kernel's
    public int number() {
        return ordinal();
    }
}
