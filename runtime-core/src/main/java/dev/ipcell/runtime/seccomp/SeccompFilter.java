// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.seccomp;

/**
 * A compiled filter, as seccomp(2) takes it.
 *
 * @param flags {@code SECCOMP_FILTER_FLAG_*}
 * @param program {@code struct sock_filter} each eight bytes, in this machine's byte order
 */
public record SeccompFilter(int flags, byte[] program) {
    static final int FLAG_LOG = 2;
    static final int FLAG_SPEC_ALLOW = 4;
    static final int FLAG_NEW_LISTENER = 8;
    static final int FLAG_WAIT_KILLABLE_RECV = 0x20;

    /** Bytes of an instruction. */
    static final int INSTRUCTION = 8;

    /** {@code BPF_MAXINSNS}. */
    static final int MAX_INSTRUCTIONS = 4096;

    /** True if the kernel returns a listener when the filter is loaded, which is for the listenerPath of the configuration. */
    public boolean notifies() {
        return (flags & FLAG_NEW_LISTENER) != 0;
    }
}
