// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/**
 * A child that was started.
 *
 * @param pid as the executor sees it
 * @param startTime since the machine's start, in clock ticks (proc_pid_stat(5))
 */
public record ChildFacts(int pid, long startTime) {

    /** Reads the value of {@link ProcessOp.Clone}. */
    public static ChildFacts decode(byte[] value) {
        WireReader in = new WireReader(value);
        return new ChildFacts(in.u32(), in.u64());
    }
}
