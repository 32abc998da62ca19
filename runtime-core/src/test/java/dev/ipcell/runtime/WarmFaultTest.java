// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** The faults of a run once more, with a resident planner that answers the calls. */
@TestInstance(Lifecycle.PER_CLASS)
class WarmFaultTest extends FaultTest {
    private static @Nullable WarmPlanner planner;

    /** One that was asked before asks for less. */
    @Override
    void beforeAll() throws IOException, InterruptedException {
        planner = WarmPlanner.start();
        assertThat(bundle().run().exit()).isZero();
    }

    @AfterAll
    static void it_was_the_planner_that_answered() throws IOException, InterruptedException {
        WarmPlanner started = Objects.requireNonNull(planner, "started");
        assertThat(started.requests()).isGreaterThan(20);
        started.stop();
    }
}
