// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessesTest {
    /** The lower half of the great ones is a process that there is. */
    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, 1L << 31, (1L << 32) + 1, Long.MAX_VALUE})
    void a_number_that_no_process_can_have_is_refused(long pid) {
        assertThatThrownBy(() -> Processes.pidfd(pid).close())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(pid + " is no process id");
    }

    @Test
    void a_process_exists_until_it_is_reaped() throws Exception {
        Process process = new ProcessBuilder("sleep", "60").start();
        try (Fd pidfd = Processes.pidfd(process.pid())) {
            assertThat(Processes.exists(pidfd)).isTrue();
            process.destroyForcibly().waitFor();
            assertThat(Processes.exists(pidfd)).isFalse();
        }
    }
}
