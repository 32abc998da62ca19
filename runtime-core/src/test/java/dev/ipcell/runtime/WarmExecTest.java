// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Further processes once more, with a resident planner that answers the calls. */
@TestInstance(Lifecycle.PER_CLASS)
class WarmExecTest extends ExecTest {
    private static WarmPlanner planner;

    @BeforeAll
    static void start_a_planner() throws IOException, InterruptedException {
        planner = WarmPlanner.start();
    }

    @AfterAll
    static void it_was_the_planner_that_answered() throws IOException, InterruptedException {
        assertThat(planner.requests()).isGreaterThan(20);
        planner.stop();
    }
}
