// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.planner;

import dev.ipcell.shim.linux.Fd;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Threads that take turns at the door: the one that lets a caller in serves it, and another waits for the next. So a call waits for no
 * thread to be woken. There is a bounded number of them; those not needed go after a while.
 */
final class Workers {
    private static final int STACK_BYTES = 512 << 10;
    private static final int SPARE_SECONDS = 30;

    /** What they do; called by one thread at a time, but for {@link #serve} and {@link #rest}. */
    interface Work {
        /** Waits for a caller; null: the work is at its end. */
        @Nullable
        Fd next() throws IOException;

        /** A caller for whom there is no thread. */
        void refuse(Fd caller);

        /** Answers a caller, and closes. */
        void serve(Fd caller);

        /** Nobody is served any more. */
        void rest();
    }

    private final Work work;
    private final int limit;
    private final ReentrantLock door = new ReentrantLock();
    private final AtomicInteger serving = new AtomicInteger();
    private volatile boolean ended;
    private @Nullable IOException failure;

    /**
     * @param limit callers served at a time
     */
    Workers(Work work, int limit) {
        this.work = work;
        this.limit = limit;
    }

    /** How many callers are being served. */
    int serving() {
        return serving.get();
    }

    /** Works until the work is at its end. */
    void run() throws IOException {
        while (!ended) {
            door.lock();
            turn();
        }
        synchronized (this) {
            if (failure != null) {
                throw failure;
            }
        }
    }

    private void spare() {
        try {
            while (!ended && door.tryLock(SPARE_SECONDS, TimeUnit.SECONDS)) {
                turn();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** At the door until a caller comes, and then with the caller. */
    private void turn() {
        @Nullable Fd caller;
        try {
            caller = ended ? null : admit();
        } finally {
            door.unlock();
        }
        if (caller == null) {
            return;
        }
        try {
            work.serve(caller);
        } finally {
            if (serving.decrementAndGet() == 0) {
                work.rest();
            }
        }
    }

    private @Nullable Fd admit() {
        try {
            for (Fd caller = work.next(); caller != null; caller = work.next()) {
                if (serving.get() < limit) {
                    serving.incrementAndGet();
                    if (!door.hasQueuedThreads()) {
                        new Thread(null, this::spare, "call", STACK_BYTES).start();
                    }
                    return caller;
                }
                work.refuse(caller);
            }
        } catch (IOException e) {
            synchronized (this) {
                failure = e;
            }
        }
        ended = true;
        return null;
    }
}
