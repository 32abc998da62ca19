// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

/**
 * How much of a limit of an IPC namespace is used up.
 *
 * @param parameter which kernel parameter is the limit, such as {@code kernel.msgmni}
 * @param unit what is counted, such as {@code semaphores}
 * @param used how many there are
 * @param limit how many there may be; unsigned
 */
public record IpcUsage(String parameter, String unit, long used, long limit) {
    /** True if there is room for none more: the next one fails, most often with ENOSPC. */
    public boolean isReached() {
        return Long.compareUnsigned(used, limit) >= 0;
    }

    @Override
    public String toString() {
        return parameter + ": " + used + " of " + Long.toUnsignedString(limit) + " " + unit;
    }
}
