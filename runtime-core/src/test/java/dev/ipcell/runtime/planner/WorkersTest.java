// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.planner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.linux.Fd;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The threads of the resident planner, at a door that a test stands behind. */
class WorkersTest {
    private static final int LIMIT = 3;
    private static final int SECONDS = 10;

    /** Callers come when the test says so, and stay until it lets them go. */
    private static final class Door implements Workers.Work {
        final LinkedBlockingQueue<Fd> callers = new LinkedBlockingQueue<>();
        final Semaphore inside = new Semaphore(0);
        final Semaphore refused = new Semaphore(0);
        final Semaphore rests = new Semaphore(0);
        final Semaphore leave = new Semaphore(0);
        final Set<Thread> served = ConcurrentHashMap.newKeySet();
        volatile int waitMillis = 50;
        volatile boolean over;
        volatile @Nullable IOException broken;
        volatile @Nullable Error error;
        volatile boolean throwing;

        @Override
        public @Nullable Fd next() throws IOException {
            IOException failure = broken;
            if (failure != null) {
                throw failure;
            }
            try {
                return callers.poll(waitMillis, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }

        @Override
        public boolean isOver() {
            return over;
        }

        @Override
        public void refuse(Fd caller) {
            refused.release();
        }

        @Override
        public void serve(Fd caller) {
            served.add(Thread.currentThread());
            inside.release();
            leave.acquireUninterruptibly();
            Error missing = error;
            if (missing != null) {
                throw missing;
            }
            if (throwing) {
                throw new IllegalStateException("of this caller");
            }
        }

        @Override
        public void rest() {
            rests.release();
        }

        void call() {
            callers.add(new Fd(-1, "a caller"));
        }
    }

    private final Door door = new Door();
    private final Workers workers = new Workers(door, LIMIT);
    private final FutureTask<@Nullable Void> work = new FutureTask<>(() -> {
        workers.run();
        return null;
    });

    private void open() {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
    }

    private void close() throws Exception {
        door.over = true;
        work.get(SECONDS, TimeUnit.SECONDS);
    }

    private static boolean in(Semaphore event, int times) throws InterruptedException {
        return event.tryAcquire(times, SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void callers_are_served_beside_each_other_up_to_the_limit_and_one_more_is_refused() throws Exception {
        open();
        for (int i = 0; i < LIMIT; i++) {
            door.call();
        }
        assertThat(in(door.inside, LIMIT)).isTrue();
        assertThat(workers.serving()).isEqualTo(LIMIT);
        door.call();
        assertThat(in(door.refused, 1)).isTrue();
        door.leave.release(LIMIT);
        assertThat(in(door.rests, 1)).isTrue();
        door.call();
        assertThat(in(door.inside, 1)).isTrue();
        assertThat(door.refused.availablePermits()).isZero();
        door.leave.release();
        close();
    }

    @Test
    void callers_that_follow_each_other_need_no_more_than_two_threads() throws Exception {
        open();
        for (int i = 0; i < 50; i++) {
            door.call();
            assertThat(in(door.inside, 1)).isTrue();
            door.leave.release();
            assertThat(in(door.rests, 1)).isTrue();
        }
        assertThat(door.served).hasSizeBetween(1, 2);
        close();
    }

    @Test
    void what_goes_wrong_with_some_callers_is_told_and_the_others_are_served() throws Exception {
        Semaphore told = new Semaphore(0);
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, unexpected) -> told.release());
        try {
            door.throwing = true;
            open();
            for (int i = 0; i < 3 * LIMIT; i++) {
                door.call();
                door.leave.release();
                assertThat(in(told, 1)).isTrue();
                assertThat(in(door.rests, 1)).isTrue();
            }
            door.throwing = false;
            for (int i = 0; i < LIMIT; i++) {
                door.call();
            }
            assertThat(in(door.inside, 4 * LIMIT)).isTrue();
            door.leave.release(LIMIT);
            close();
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
    }

    @Test
    void without_one_of_its_classes_it_ends() throws Exception {
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, unexpected) -> {});
        try {
            door.error = new NoClassDefFoundError("missing");
            open();
            door.call();
            door.leave.release();
            assertThat(work.get(SECONDS, TimeUnit.SECONDS)).isNull();
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
    }

    @Test
    void threads_that_wait_in_vain_go_but_for_one() throws Exception {
        door.waitMillis = 5;
        open();
        for (int i = 0; i < LIMIT; i++) {
            door.call();
        }
        assertThat(in(door.inside, LIMIT)).isTrue();
        door.leave.release(LIMIT);
        for (Thread thread : door.served) {
            // The first is not one of them: it is there until the end.
            if (thread.getName().equals("call")) {
                thread.join(TimeUnit.SECONDS.toMillis(SECONDS));
                assertThat(thread.isAlive()).isFalse();
            }
        }
        door.call();
        assertThat(in(door.inside, 1)).isTrue();
        door.leave.release();
        close();
    }

    @Test
    void what_breaks_the_door_ends_the_work() {
        open();
        door.broken = new IOException("broken");
        assertThatThrownBy(() -> work.get(SECONDS, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseMessage("broken");
    }
}
