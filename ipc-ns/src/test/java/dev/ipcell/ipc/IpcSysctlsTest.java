// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IpcSysctlsTest {
    @ParameterizedTest
    @CsvSource({
        "kernel.msgmax",
        "kernel.msgmnb",
        "kernel.msgmni",
        "kernel.sem",
        "kernel.shmall",
        "kernel.shmmax",
        "kernel.shmmni",
        "kernel.shm_rmid_forced",
        "kernel.auto_msgmni",
        "kernel.msg_next_id",
        "kernel.sem_next_id",
        "kernel.shm_next_id",
        "fs.mqueue.msg_max",
        "fs.mqueue.msgsize_max",
        "fs.mqueue.queues_max",
        "fs.mqueue.msg_default",
        "fs.mqueue.msgsize_default"
    })
    void a_parameter_of_the_namespace_belongs_in_both_spellings(String key) {
        assertThat(IpcSysctls.belongs(key)).isTrue();
        assertThat(IpcSysctls.belongs(key.replace('.', '/'))).isTrue();
        assertThat(IpcSysctls.procPath(key)).isEqualTo(key.replace('.', '/'));
        assertThat(IpcSysctls.procPath(key.replace('.', '/'))).isEqualTo(key.replace('.', '/'));
    }

    @ParameterizedTest
    @CsvSource({
        "kernel.pid_max",
        "kernel.hostname",
        "fs.mqueue",
        "fs.mqueue.",
        "kernel.msgmax2",
        "net.ipv4.ip_forward",
        "''"
    })
    void another_parameter_does_not_belong(String key) {
        assertThat(IpcSysctls.belongs(key)).isFalse();
        assertThat(IpcSysctls.reason(key, "nonsense")).isNull();
    }

    @Test
    void limits_are_written_before_what_they_bound_whatever_the_order_of_the_map() {
        Map<String, String> sysctls = new LinkedHashMap<>();
        sysctls.put("kernel.shm_next_id", "5");
        sysctls.put("fs.mqueue.msg_default", "20");
        sysctls.put("net.ipv4.ip_forward", "1");
        sysctls.put("fs/mqueue/msg_max", "30");
        sysctls.put("kernel.msgmax", "1");
        assertThat(IpcSysctls.ordered(sysctls).stream().map(Map.Entry::getKey))
                .containsExactly("kernel.msgmax", "fs/mqueue/msg_max", "fs.mqueue.msg_default", "kernel.shm_next_id");
        assertThat(IpcSysctls.ordered(sysctls).getFirst().getValue()).isEqualTo("1");
    }

    @Test
    void two_spellings_of_one_parameter_are_an_error_that_names_both() {
        Map<String, String> sysctls = new LinkedHashMap<>();
        sysctls.put("kernel/msgmax", "1");
        sysctls.put("kernel.msgmnb", "1");
        assertThat(IpcSysctls.conflict(sysctls)).isNull();
        sysctls.put("kernel.msgmax", "1");
        String conflict = "kernel.msgmax and kernel/msgmax are the same parameter";
        assertThat(IpcSysctls.conflict(sysctls)).isEqualTo(conflict);
        assertThatThrownBy(() -> IpcSysctls.ordered(sysctls))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(conflict);
        Map<String, String> mixed = Map.of("fs.mqueue/msg_max", "1", "fs/mqueue/msg_max", "2");
        assertThat(IpcSysctls.conflict(mixed))
                .isEqualTo("fs.mqueue/msg_max and fs/mqueue/msg_max are the same parameter");
        assertThat(IpcSysctls.conflict(Map.of("net.a", "1", "net/a", "1"))).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "kernel.msgmax, 0",
        "kernel.msgmax, 2147483647",
        "kernel/msgmax, 0x10",
        "kernel.msgmni, 32768",
        "kernel.sem, 32000 1024000000 500 32000",
        "kernel.shmmax, 18446744073709551615",
        "kernel.shmall, 0x7fffffffffffffff",
        "kernel.shm_rmid_forced, 1",
        "kernel.shm_next_id, 0",
        "fs.mqueue.queues_max, -1",
        "fs.mqueue.msg_max, 65536",
        "fs.mqueue.msgsize_default, 128",
    })
    void a_value_that_a_kernel_takes_has_no_reason_against_it(String key, String value) {
        assertThat(IpcSysctls.reason(key, value)).isNull();
        assertThat(IpcSysctls.reason(key, "\t" + value + "\n")).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "kernel.msgmax, -1, '''-1'' is not from 0 to 2147483647'",
        "kernel.msgmax, 2147483648, '''2147483648'' is not from 0 to 2147483647'",
        "kernel.msgmax, lots, '''lots'' is not a number'",
        "kernel.msgmax, '', ''''' is not a number'",
        "kernel.msgmax, --1, '''--1'' is not a number'",
        "kernel.msgmax, 0x, '''0x'' is not a number'",
        "kernel.shmmni, 16777217, '''16777217'' is not from 0 to 16777216'",
        "kernel.shm_rmid_forced, 2, '''2'' is not from 0 to 1'",
        "kernel.shmmax, +5, '''+5'' is not a number'",
        "kernel.shmall, 09, '''09'' is not a number'",
        "kernel.msgmax, +5, '''+5'' is not a number'",
        "kernel.msgmax, -+5, '''-+5'' is not a number'",
        "kernel.msgmax, ٥, '''٥'' is not a number'",
        "kernel.msgmax, 1 2, '''1 2'' is more than one number'",
        "kernel.shmmax, 000000000000000000001, '''000000000000000000001'' has more than 20 characters'",
        "kernel.shmmax, -0, '''-0'' is negative'",
        "kernel.sem, 1 2 3 4 5, '''1 2 3 4 5'' is not four numbers: semmsl semmns semopm semmni'",
        "kernel.sem, 1 2 3, '''1 2 3'' is not four numbers: semmsl semmns semopm semmni'",
        "kernel.sem, 1 2 3 16777217, '''16777217'' is not from 0 to 16777216'",
        "kernel.sem, 1 two 3 4, '''two'' is not a number'",
        "kernel.shmmax, 18446744073709551616, '''18446744073709551616'' is more than 18446744073709551615'",
        "kernel.shmall, -1, '''-1'' is negative'",
        "kernel.shmall, much, '''much'' is not a number'",
        "kernel.msg_next_id, -1, '''-1'' is not from 0 to 2147483647'",
        "fs.mqueue.msg_max, 0, '''0'' is not from 1 to 65536'",
        "fs.mqueue.msgsize_max, 127, '''127'' is not from 128 to 16777216'",
    })
    void an_impossible_value_is_told_why(String key, String value, String reason) {
        assertThat(IpcSysctls.reason(key, value)).isEqualTo(reason);
    }

    @Test
    void a_reason_is_one_line() {
        assertThat(IpcSysctls.reason("kernel.msgmax", "1\0")).isEqualTo("'1\\x00' is not a number");
        assertThat(IpcSysctls.reason("kernel.msgmax", "1\r2")).isEqualTo("'1\\x0d2' is not a number");
    }
}
