// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.planner;

import dev.ipcell.shim.Executor;
import dev.ipcell.shim.WireException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the memory that callers take together. What a call needs grows with what it sends, some seven times of it; so calls with large
 * messages, as a configuration of some megabytes is one, are served one after the other. Any number of small ones go on beside them, and a
 * large one beside those that stand still, as while a hook does not end, if there is memory for it; it may even be that
 * hook which makes the next call.
 */
final class LargeCalls {
    /** In bytes. A configuration with a seccomp profile and many mounts has some 30,000. */
    static final int LARGE = 128 << 10;

    /** Well below what an executor waits for its first answer. */
    private static final int SOON_MILLIS = 200;

    /** What a call needs at most for a byte of its message. */
    private static final int TIMES = 8;

    private final long standsStillNanos;
    private final Semaphore one = new Semaphore(1, true);

    /** When the last one began, as {@link System#nanoTime()} has it. */
    private final AtomicLong begun = new AtomicLong(System.nanoTime());

    /**
     * No call yet.
     *
     * @param standsStillMillis longer than a call works by itself
     */
    LargeCalls(long standsStillMillis) {
        standsStillNanos = TimeUnit.MILLISECONDS.toNanos(standsStillMillis);
    }

    /** For one call. */
    Turn turn() {
        return new Turn();
    }

    /** Is taken with a call's first large message and kept to its end, as what was made of the message is. */
    final class Turn implements Executor.Intake {
        private boolean large;
        private boolean mine;
        private boolean waits;

        private Turn() {}

        /** Before this a call that would have to wait for long is refused: it still can go the cold way. */
        void mayWait() {
            waits = true;
        }

        @Override
        public void before(int bytes) throws WireException {
            if (bytes < LARGE || large) {
                return;
            }
            // If one has just ended, it still clears up.
            mine = acquire(SOON_MILLIS);
            if (!mine && !waits) {
                throw new WireException("it serves another call as large");
            }
            while (!mine && !passes(bytes)) {
                mine = acquire(SOON_MILLIS);
            }
            large = true;
            begun.set(System.nanoTime());
        }

        private boolean acquire(long millis) {
            try {
                return one.tryAcquire(millis, TimeUnit.MILLISECONDS);
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
                return false;
            }
        }

        /** True for one of those that wait, if none has begun for long and there is memory for it. */
        private boolean passes(int bytes) {
            long last = begun.get();
            long now = System.nanoTime();
            return now - last > standsStillNanos && begun.compareAndSet(last, now) && hasRoom(bytes);
        }

        private static boolean hasRoom(int bytes) {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory() > (long) bytes * TIMES;
        }

        /** The call is over. */
        void end() {
            if (!large) {
                return;
            }
            // Small calls do not fill the heap that this one needed for a long time.
            System.gc();
            if (mine) {
                one.release();
            }
        }
    }
}
