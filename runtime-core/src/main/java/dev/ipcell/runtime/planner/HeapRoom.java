// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.planner;

/**
 * Gives back to the machine what many calls at once, or a long list, have left in the heap: small calls do not fill it for a long time, and
 * only a full heap is collected. Safe for several threads.
 */
final class HeapRoom {
    /** In bytes; somewhat more than what a planner takes that answers one call after the other. */
    private static final long USUAL = 10L << 20;

    private long bound = USUAL;

    /** When a call is over and no other goes on; takes some milliseconds if there is something to give back. */
    synchronized void giveBack() {
        Runtime runtime = Runtime.getRuntime();
        if (runtime.totalMemory() > bound) {
            System.gc();
            long used = runtime.totalMemory() - runtime.freeMemory();
            bound = Math.clamp(2 * used, USUAL, 3 * USUAL); // Not again and again if it is all in use.
        }
    }
}
