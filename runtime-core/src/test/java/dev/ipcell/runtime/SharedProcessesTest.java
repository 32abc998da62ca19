// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.spec.Json;
import dev.ipcell.spec.JsonArray;
import dev.ipcell.spec.JsonNumber;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A container without a PID namespace of its own: its processes do not end with the first one. */
@Tag("root")
class SharedProcessesTest {
    @TempDir
    Path temporary;

    private TestBundle bundle;
    private List<Long> processes;

    @BeforeEach
    void run_three_processes() throws Exception {
        bundle = new TestBundle(temporary)
                .merge(
                        "{\"linux\": {\"namespaces\": [{\"type\": \"mount\"}, {\"type\": \"ipc\"}, {\"type\": \"uts\"}]}}")
                .script("sleep 100 & exec sleep 100");
        assertThat(bundle.detached().err()).isEmpty();
        assertThat(bundle.call("exec", "--detach", "sleep", "100").err()).isEmpty();
        processes = processes();
        assertThat(processes).hasSize(3);
    }

    @AfterEach
    void nothing_is_left() throws Exception {
        assertThat(bundle.call("delete", "--force").err()).isEmpty();
        Leftovers.assertNone(bundle);
    }

    private ProcessHandle first() throws Exception {
        byte[] state = bundle.call("state").out().getBytes(StandardCharsets.UTF_8);
        JsonNumber pid =
                (JsonNumber) Objects.requireNonNull(Json.parseObject(state).get("pid"));
        return ProcessHandle.of(Long.parseLong(pid.text())).orElseThrow();
    }

    private List<Long> processes() throws Exception {
        String json = bundle.call("ps", "--format=json").out();
        JsonArray numbers = (JsonArray)
                Objects.requireNonNull(Json.parseObject(("{\"pids\": " + json + "}").getBytes(StandardCharsets.UTF_8))
                        .get("pids"));
        List<Long> pids = new ArrayList<>();
        numbers.elements().forEach(number -> pids.add(Long.parseLong(((JsonNumber) number).text())));
        return pids;
    }

    private void assertAllEnd() throws InterruptedException {
        for (long pid : processes) {
            for (int i = 0; i < 500 && ProcessHandle.of(pid).isPresent(); i++) {
                Thread.sleep(10);
            }
            assertThat(ProcessHandle.of(pid)).isEmpty();
        }
    }

    @Test
    void kill_reaches_all_of_them() throws Exception {
        assertThat(bundle.call("kill", "KILL").err()).isEmpty();
        assertAllEnd();
    }

    @Test
    void kill_reaches_those_that_outlived_the_first_one() throws Exception {
        first().destroyForcibly();
        assertThat(bundle.call("kill", "KILL").err()).isEmpty();
        assertAllEnd();
    }

    @Test
    void any_other_signal_reaches_the_first_one_only() throws Exception {
        ProcessHandle first = first();
        assertThat(bundle.call("kill", "TERM").err()).isEmpty();
        first.onExit().get(10, TimeUnit.SECONDS);
        assertThat(processes)
                .filteredOn(pid -> ProcessHandle.of(pid).isPresent())
                .hasSize(2);
    }
}
