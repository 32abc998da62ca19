// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.planner;

import java.util.Arrays;

/** How long the last calls took. Bounded: the newest {@value #KEPT} are kept. Safe for several threads. */
final class Latencies {
    private static final int KEPT = 4096;
    private static final int PERCENT = 100;

    private final int[] micros = new int[KEPT];
    private long count;

    synchronized void add(long nanos) {
        micros[(int) (count++ % KEPT)] = (int) Math.min(nanos / 1000, Integer.MAX_VALUE);
    }

    /** How many calls there were in all. */
    synchronized long count() {
        return count;
    }

    /** The time in microseconds that so many percent of the kept calls did not exceed; 0 if there was none. */
    synchronized int percentile(int percent) {
        int size = (int) Math.min(count, KEPT);
        if (size == 0) {
            return 0;
        }
        int[] sorted = Arrays.copyOf(micros, size);
        Arrays.sort(sorted);
        return sorted[Math.min(size - 1, size * percent / PERCENT)];
    }
}
