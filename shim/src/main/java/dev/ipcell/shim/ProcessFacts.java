// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/**
 * What the kernel says of a process (proc_pid_stat(5)).
 *
 * @param state its letter, such as {@code R}, {@code S}, {@code Z}
 * @param startTime since the machine's start, in clock ticks; tells it from an older process of the same number
 */
public record ProcessFacts(char state, long startTime) {

    /** Reads the value of {@link ContainerOp.OpenProcess}. */
    public static ProcessFacts decode(byte[] value) {
        WireReader in = new WireReader(value);
        return new ProcessFacts((char) in.u32(), in.u64());
    }

    /** True if it has ended, and only its parent has not taken notice yet. */
    public boolean hasEnded() {
        return state == 'Z' || state == 'X';
    }
}
