// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** The arithmetic; that the kernel counts like this is shown in a container. */
class QueueBytesTest {
    @Test
    void each_message_counts_with_its_overhead_and_each_priority_once() {
        assertThat(QueueBytes.of(1, 1)).isEqualTo(1 + 48 + 48);
        assertThat(QueueBytes.of(10, 8192)).isEqualTo(82_880);
        assertThat(QueueBytes.of(40_000, 128)).isEqualTo(40_000L * (128 + 48) + 32_768L * 48);
    }

    @Test
    void what_no_long_holds_is_its_greatest_value() {
        assertThat(QueueBytes.of(Integer.MAX_VALUE, Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
        assertThat(QueueBytes.of(1, Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void parameters_that_are_not_set_are_those_of_a_new_namespace() {
        assertThat(QueueBytes.largest(Map.of())).isEqualTo(82_880);
        assertThat(QueueBytes.largest(Map.of("fs.mqueue.msg_max", "50"))).isEqualTo(50 * (8192 + 96));
        assertThat(QueueBytes.largest(Map.of("fs/mqueue/msgsize_max", "0x100\n")))
                .isEqualTo(10 * (256 + 96));
        assertThat(QueueBytes.largest(Map.of("fs.mqueue.msg_max", "many"))).isEqualTo(82_880);
        assertThat(QueueBytes.limits(Map.of("fs.mqueue.msg_max", "50")))
                .isEqualTo("fs.mqueue.msg_max (50) and fs.mqueue.msgsize_max (8192)");
    }
}
