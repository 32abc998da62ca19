// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.planner;

import dev.ipcell.shim.Executor;
import dev.ipcell.shim.WireException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Bounds the memory that callers take together. What a call needs grows with what it sends, some seven times of it; so calls with large
 * messages, as a configuration of some megabytes is one, are served one after the other. Any number of small ones go on beside them.
 */
final class LargeCalls {
    /** In bytes. A configuration with a seccomp profile and many mounts has some 30,000. */
    static final int LARGE = 128 << 10;

    /** Well below what an executor waits for its first answer. */
    private static final int SOON_MILLIS = 200;

    private final Semaphore one = new Semaphore(1, true);

    /** For one call. */
    Turn turn() {
        return new Turn();
    }

    /** Is taken with a call's first large message and kept to its end, as what was made of the message is. */
    final class Turn implements Executor.Intake {
        private boolean mine;
        private boolean waits;

        private Turn() {}

        /** Before this a call that would have to wait for long is refused: it still can go the cold way. */
        void mayWait() {
            waits = true;
        }

        @Override
        public void before(int bytes) throws WireException {
            if (bytes < LARGE || mine) {
                return;
            }
            if (waits) {
                one.acquireUninterruptibly();
            } else if (!acquireSoon()) {
                throw new WireException("it serves another call as large");
            }
            mine = true;
        }

        /** One that has just ended still clears up. */
        private boolean acquireSoon() {
            try {
                return one.tryAcquire(SOON_MILLIS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
                return false;
            }
        }

        /** The call is over. */
        void end() {
            if (mine) {
                // Small calls do not fill the heap that this one needed for a long time.
                System.gc();
                one.release();
            }
        }
    }
}
