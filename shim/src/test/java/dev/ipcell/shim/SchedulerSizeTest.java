// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.SchedulingOp.SetScheduler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The size that {@code struct sched_attr} states is what the kernel reads, and it must not be more than was sent. */
class SchedulerSizeTest {
    private static final int SENT = 48;

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    private static SetScheduler stating(int size) {
        return new SetScheduler(new RawBytes().u32(size).raw(new byte[SENT - 4]).done());
    }

    @ParameterizedTest
    @ValueSource(ints = {SENT + 1, 56, 4096, Integer.MAX_VALUE, -1})
    void more_than_was_sent_is_refused(int size) throws Exception {
        assertThat(executor.failure(stating(size))).isEqualTo("sched_setattr: EINVAL");
    }

    @Test
    void what_was_sent_is_enough_and_none_stands_for_the_first_version() throws Exception {
        executor.run(stating(SENT), stating(0));
    }
}
