// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SignalTest {
    @Test
    void every_number_comes_back_from_its_name() {
        for (int signal = 1; signal <= 64; signal++) {
            if (signal < 32 || signal > 33) {
                assertThat(Signal.number(Signal.name(signal))).isEqualTo(signal);
            }
        }
    }

    @Test
    void names_are_those_of_the_shell() throws Exception {
        for (int signal = 1; signal <= 31; signal++) {
            Process kill = new ProcessBuilder("/bin/bash", "-c", "kill -l " + signal).start();
            String name = new String(kill.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
            assertThat(Signal.name(signal)).isEqualTo("SIG" + name);
        }
    }

    @Test
    void a_signal_may_be_told_in_many_ways() {
        assertThat(Signal.number("TERM")).isEqualTo(15);
        assertThat(Signal.number("SIGTERM")).isEqualTo(15);
        assertThat(Signal.number("sigterm")).isEqualTo(15);
        assertThat(Signal.number("15")).isEqualTo(15);
        assertThat(Signal.number("0")).isZero();
        assertThat(Signal.number("RTMIN")).isEqualTo(34);
        assertThat(Signal.number("SIGRTMIN+3")).isEqualTo(37);
        assertThat(Signal.number("RTMAX-1")).isEqualTo(63);
        assertThat(Signal.number("CLD")).isEqualTo(17);
    }

    @Test
    void what_is_no_signal_is_minus_one() {
        for (String text : new String[] {
            "", "SIG", "x", "-1", "65", "99999", "15 ", "RTMIN+31", "RTMIN-1", "RTMAX+1", "RTMIN+", "RTM", "SIGSIGTERM"
        }) {
            assertThat(Signal.number(text)).as(text).isEqualTo(-1);
        }
    }
}
