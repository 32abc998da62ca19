// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a container uses, told again and again. */
@Tag("root")
class EventsTest extends BundleTest {
    @Test
    void they_are_told_for_as_long_as_it_takes() throws Exception {
        bundle.script("exec sleep 1000");
        assertThat(bundle.detached().err()).isEmpty();
        Process events = bundle.begin("events", "--interval=1ms");
        BufferedReader told = events.inputReader();
        // More than the executor has numbers for operations.
        for (int i = 0; i < 300; i++) {
            assertThat(told.readLine()).startsWith("{\"type\":\"stats\"");
        }
        end(events, told);
    }

    private void end(Process events, BufferedReader told) throws Exception {
        assertThat(bundle.call("kill", "KILL").err()).isEmpty();
        assertThat(told.lines()).allMatch(line -> line.startsWith("{\"type\":"));
        assertThat(events.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(events.exitValue()).isZero();
    }

    /** A name that reads, in proc_pid_stat(5), as if the process had ended. */
    @Test
    void they_are_told_until_the_container_ends_whatever_its_process_is_called() throws Exception {
        bundle.script("printf 'x) Z y' > /proc/$$/comm; while :; do sleep 0.1; done");
        assertThat(bundle.detached().err()).isEmpty();
        while (!bundle.call("exec", "cat", "/proc/1/comm").out().equals("x) Z y\n")) {
            Thread.sleep(10);
        }
        Process events = bundle.begin("events", "--interval=10ms");
        BufferedReader told = events.inputReader();
        for (int i = 0; i < 5; i++) {
            assertThat(told.readLine()).startsWith("{\"type\":\"stats\",\"id\":\"" + bundle.id() + "\"");
        }
        end(events, told);
    }
}
