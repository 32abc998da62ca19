// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.planner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.WireException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The turns of large calls. */
class LargeCallsTest {
    private static final int SECONDS = 60;
    private static final int FOR_EVER = 1_000_000;

    private final Semaphore begun = new Semaphore(0);

    private LargeCalls.Turn begin(LargeCalls calls) {
        return begin(calls, LargeCalls.LARGE);
    }

    private LargeCalls.Turn begin(LargeCalls calls, int bytes) {
        LargeCalls.Turn turn = calls.turn();
        turn.mayWait();
        new Thread(() -> {
                    try {
                        turn.before(bytes);
                        begun.release();
                    } catch (WireException refused) {
                        throw new IllegalStateException(refused);
                    }
                })
                .start();
        return turn;
    }

    private boolean hasBegun() throws InterruptedException {
        return begun.tryAcquire(SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void one_waits_for_another_to_end() throws Exception {
        LargeCalls calls = new LargeCalls(FOR_EVER);
        LargeCalls.Turn first = begin(calls);
        assertThat(hasBegun()).isTrue();
        LargeCalls.Turn second = begin(calls);
        assertThat(begun.tryAcquire(300, TimeUnit.MILLISECONDS)).isFalse();
        first.end();
        assertThat(hasBegun()).isTrue();
        second.end();
    }

    @Test
    void one_does_not_wait_for_ever_for_those_that_stand_still() throws Exception {
        LargeCalls calls = new LargeCalls(50);
        List<LargeCalls.Turn> turns = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            turns.add(begin(calls));
            assertThat(hasBegun()).isTrue();
        }
        // However they end, one call has its turn as before.
        for (LargeCalls.Turn turn : turns) {
            turn.end();
        }
        LargeCalls.Turn next = calls.turn();
        next.before(LargeCalls.LARGE);
        assertThatThrownBy(() -> calls.turn().before(LargeCalls.LARGE)).isInstanceOf(WireException.class);
        next.end();
    }

    @Test
    void one_for_which_there_is_no_memory_waits_all_the_same() throws Exception {
        LargeCalls calls = new LargeCalls(50);
        LargeCalls.Turn first = begin(calls);
        assertThat(hasBegun()).isTrue();
        long max = Runtime.getRuntime().maxMemory();
        LargeCalls.Turn second = begin(calls, (int) Math.min(max / 8 + 1, Integer.MAX_VALUE));
        assertThat(begun.tryAcquire(600, TimeUnit.MILLISECONDS)).isFalse();
        first.end();
        assertThat(hasBegun()).isTrue();
        second.end();
    }

    @Test
    void a_small_one_needs_no_turn() throws Exception {
        LargeCalls calls = new LargeCalls(FOR_EVER);
        LargeCalls.Turn large = begin(calls);
        assertThat(hasBegun()).isTrue();
        LargeCalls.Turn small = calls.turn();
        small.before(LargeCalls.LARGE - 1);
        small.end();
        assertThatThrownBy(() -> calls.turn().before(LargeCalls.LARGE)).isInstanceOf(WireException.class);
        large.end();
    }
}
