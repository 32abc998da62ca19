// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.planner;

import dev.ipcell.shim.linux.Fd;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Threads that wait at the door together: the kernel wakes one of them for each caller, and that one serves it. So a call waits for no
 * thread that another has to wake, and wakes none while there is still one at the door. There is a bounded number of them; those not needed
 * go after a while.
 */
final class Workers {
    private static final int STACK_BYTES = 512 << 10;

    /** So often in turn a thread waits in vain before it goes, if there is another at the door. */
    private static final int PATIENCE = 30;

    /** What they do; called by all of them at a time. */
    interface Work {
        /** Waits some time for a caller; null: none came. */
        @Nullable
        Fd next() throws IOException;

        /** Whether nobody is waited for any longer. */
        boolean isOver();

        /** A caller for whom there is no thread. */
        void refuse(Fd caller);

        /** Answers a caller, and closes. */
        void serve(Fd caller);

        /** Nobody is served any more. */
        void rest();
    }

    private final Work work;
    private final int limit;
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicInteger serving = new AtomicInteger();
    private volatile boolean ended;
    private volatile @Nullable IOException failure;

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
        waiting.incrementAndGet();
        while (!ended) {
            turn();
        }
        IOException cause = failure;
        if (cause != null) {
            throw cause;
        }
    }

    /** One of those that are there as long as they are needed; it counts as waiting from before its start. */
    private void spare() {
        int inVain = 0;
        while (!ended) {
            inVain = turn() ? 0 : inVain + 1;
            if (inVain >= PATIENCE && leaves()) {
                return;
            }
        }
    }

    private boolean leaves() {
        if (waiting.decrementAndGet() > 0) {
            return true;
        }
        waiting.incrementAndGet();
        return false;
    }

    /** Some time at the door, and then with the caller; false: none came. */
    private boolean turn() {
        @Nullable Fd caller = admit();
        if (caller == null) {
            return false;
        }
        if (serving.incrementAndGet() > limit) {
            serving.decrementAndGet();
            work.refuse(caller);
            return true;
        }
        if (waiting.decrementAndGet() == 0) {
            replace();
        }
        try {
            work.serve(caller);
        } catch (RuntimeException | Error unexpected) {
            tell(unexpected);
        } finally {
            waiting.incrementAndGet();
            if (serving.decrementAndGet() == 0) {
                work.rest();
            }
        }
        return true;
    }

    /** The others go on, unless a class is missing from now on: then a new planner does better. */
    private void tell(Throwable unexpected) {
        Thread self = Thread.currentThread();
        self.getUncaughtExceptionHandler().uncaughtException(self, unexpected);
        if (unexpected instanceof LinkageError) {
            ended = true;
        }
    }

    /** Without another thread the next caller waits until this one is answered. */
    private void replace() {
        waiting.incrementAndGet();
        try {
            new Thread(null, this::spare, "call", STACK_BYTES).start();
        } catch (OutOfMemoryError none) {
            waiting.decrementAndGet();
        }
    }

    private @Nullable Fd admit() {
        try {
            @Nullable Fd caller = work.next();
            if (caller == null && work.isOver()) {
                ended = true;
            }
            return caller;
        } catch (IOException e) {
            failure = e;
            ended = true;
            return null;
        }
    }
}
