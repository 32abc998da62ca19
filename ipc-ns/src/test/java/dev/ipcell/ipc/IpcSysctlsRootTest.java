// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is said of the kernel's parameters, held against this kernel. */
@Tag("root")
@Timeout(60)
class IpcSysctlsRootTest {
    /** One number each, or what might be taken for one. */
    private static final List<String> NUMBERS = List.of(
            "5",
            "+5",
            "-5",
            "-0",
            "0",
            "1",
            "2",
            "05",
            "09",
            "010",
            "-010",
            "0x10",
            "0X1f",
            "-0x1",
            "0x",
            "0xg",
            "0b1",
            "1\t",
            "\t 1\n",
            "\u000b\f\r1",
            "1\r",
            "1\u000b",
            "1\u0000",
            "\u00001",
            "1 \r",
            "-",
            "- 5",
            "--5",
            "1,",
            "1k",
            "1e3",
            "1_0",
            "\u0665",
            "\u00a01",
            "00000000000000000001",
            "000000000000000000001",
            "-0000000000000000001",
            "-00000000000000000001",
            "0x000000000000000001",
            "127",
            "128",
            "32768",
            "65536",
            "65537",
            "16777217",
            "2147483647",
            "2147483648",
            "-2147483648",
            "-2147483649",
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "99999999999999999999",
            "0xffffffffffffffff",
            "0x10000000000000000");

    /** Those of them that the boot parameter ipcmni_extend decides on, where IPCMNI is the bound. */
    private static final List<String> EXTENDED = List.of("65536", "65537");

    @Test
    void a_number_is_refused_exactly_if_the_kernel_refuses_it() throws Exception {
        List<String> wrong = new ArrayList<>();
        try (IpcNamespace namespace = IpcNamespace.create()) {
            for (String key : IpcSysctls.KEYS) {
                for (String number : NUMBERS) {
                    boolean four = key.equals("kernel.sem");
                    String value = four ? "1 " + number + "\t3 4" : number;
                    boolean refused = IpcSysctls.reason(key, value) != null;
                    boolean depends =
                            List.of("kernel.msgmni", "kernel.shmmni").contains(key) && EXTENDED.contains(number);
                    if (!depends && refused == isTaken(namespace, key, value)) {
                        wrong.add(key + " '" + value + "' refused: " + refused);
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void of_four_numbers_the_last_is_bounded_as_the_kernel_does() throws Exception {
        try (IpcNamespace namespace = IpcNamespace.create()) {
            for (String value : List.of("1 2 3 -1", "1 2 3 32768", "1 2 3 16777217", "-1 -1 -1 0", "1\n2\n3\n4\n")) {
                assertThat(IpcSysctls.reason("kernel.sem", value) == null)
                        .as(value)
                        .isEqualTo(isTaken(namespace, "kernel.sem", value));
            }
        }
    }

    @Test
    void parameters_are_set_in_their_order_and_read_back() throws Exception {
        Map<String, String> sysctls = new LinkedHashMap<>();
        sysctls.put("kernel.msg_next_id", "7");
        sysctls.put("fs.mqueue.msg_default", "0x20");
        sysctls.put("fs/mqueue/msg_max", "40");
        sysctls.put("kernel.sem", "10\t200 30 40");
        sysctls.put("kernel.shmmax", "18446744073709551615");
        try (IpcNamespace namespace = IpcNamespace.create()) {
            IpcLimits limits = namespace.configure(sysctls);
            assertThat(limits.number("kernel.msg_next_id")).hasValue(7);
            assertThat(limits.number("fs.mqueue.msg_default")).hasValue(32);
            assertThat(limits.number("fs.mqueue.msg_max")).hasValue(40);
            assertThat(limits.semaphoresPerSet()).hasValue(10);
            assertThat(limits.semaphores()).hasValue(200);
            assertThat(limits.operationsPerCall()).hasValue(30);
            assertThat(limits.semaphoreSets()).hasValue(40);
            assertThat(limits.number("kernel.shmmax")).hasValue(-1); // the greatest number there is, and no missing one
            assertThat(namespace.snapshot().limits()).isEqualTo(limits);
        }
    }

    @Test
    void nothing_is_set_if_something_is_wrong() throws Exception {
        try (IpcNamespace namespace = IpcNamespace.create()) {
            IpcLimits before = namespace.snapshot().limits();
            assertRefused(
                    namespace,
                    Map.of("kernel.msgmax", "1", "kernel.msgmnb", "x"),
                    "kernel.msgmnb: 'x' is not a number");
            assertRefused(
                    namespace,
                    Map.of("kernel.msgmax", "1", "kernel.pid_max", "1"),
                    "kernel.pid_max is no parameter of an IPC namespace");
            assertRefused(
                    namespace,
                    Map.of("kernel.msgmax", "1", "kernel/msgmax", "2"),
                    "kernel.msgmax and kernel/msgmax are the same parameter");
            assertThat(namespace.snapshot().limits()).isEqualTo(before);
        }
    }

    @Test
    void what_this_kernel_refuses_is_told() throws Exception {
        try (IpcNamespace namespace = IpcNamespace.create()) { // more than 32768 only if started with ipcmni_extend
            assertThatThrownBy(() -> namespace.configure(Map.of("kernel.shmmni", "16777216")))
                    .isInstanceOf(IpcException.class)
                    .hasMessage("kernel.shmmni: the kernel refuses '16777216': EINVAL (invalid argument)");
        }
    }

    @Test
    void the_host_s_own_parameters_are_not_set() throws Exception {
        String before = ProcFile.read(Path.of("/proc/sys/kernel/msgmax"));
        try (IpcNamespace own = IpcNamespace.current();
                IpcNamespace other = IpcNamespace.create()) {
            Map<String, String> same = Map.of("kernel.msgmax", before.trim()); // harmless, should it be written
            assertThatThrownBy(() -> own.configure(same))
                    .isInstanceOf(IpcException.class)
                    .hasMessage(own + " is the host's own: this would change the host");
            assertThatThrownBy(() -> other.call(() -> own.configure(same)))
                    .hasMessageContaining("would change the host");
            assertThat(other.call(() -> other.configure(Map.of("kernel.msgmax", "9999")))
                            .number("kernel.msgmax"))
                    .hasValue(9999);
        }
        assertThat(ProcFile.read(Path.of("/proc/sys/kernel/msgmax"))).isEqualTo(before);
    }

    private static void assertRefused(IpcNamespace namespace, Map<String, String> sysctls, String message) {
        assertThatThrownBy(() -> namespace.configure(sysctls))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    private static boolean isTaken(IpcNamespace namespace, String key, String value) throws Exception {
        Path file = Path.of("/proc/sys", IpcSysctls.procPath(key));
        return namespace.call(() -> {
            try {
                Files.write(file, value.getBytes(StandardCharsets.UTF_8), StandardOpenOption.WRITE);
                return true;
            } catch (IOException e) {
                return false;
            }
        });
    }
}
