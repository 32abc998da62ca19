// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Java program that runs containers, being the planner itself. */
@Tag("root")
class EmbeddingTest {
    @TempDir
    Path temporary;

    private TestBundle bundle;
    private Ipcell ipcell;

    @BeforeEach
    void make_a_bundle() throws IOException {
        bundle = new TestBundle(temporary);
        ipcell = Ipcell.at(Cell.executable()).withRoot(bundle.root());
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        Leftovers.assertNone(bundle);
    }

    private EmbeddedContainer run() throws IOException, LaunchException {
        return ipcell.run(bundle.write().directory(), bundle.id());
    }

    @Test
    void its_streams_and_its_exit_status_are_the_containers() throws IOException, LaunchException {
        bundle.script("read word; echo out $word; echo err >&2; exit 5");
        try (EmbeddedContainer container = run()) {
            container.stdin().write("hello\n".getBytes(UTF_8));
            container.stdin().close();
            assertThat(new String(container.stdout().readAllBytes(), UTF_8)).isEqualTo("out hello\n");
            assertThat(new String(container.stderr().readAllBytes(), UTF_8)).isEqualTo("err\n");
            assertThat(container.waitFor()).isEqualTo(5);
        }
    }

    @Test
    void no_second_jvm_is_started() throws IOException, LaunchException {
        bundle.script("read end; exit 0");
        try (EmbeddedContainer container = run()) {
            List<String> children = ProcessHandle.current()
                    .descendants()
                    .flatMap(process -> process.info().command().stream())
                    .filter(command -> command.contains("java"))
                    .toList();
            assertThat(children).isEmpty();
            container.stdin().close();
            assertThat(container.waitFor()).isZero();
        }
    }

    @Test
    void closing_a_container_that_runs_takes_it_down() throws IOException, LaunchException {
        bundle.script("echo ready; sleep 1000");
        try (EmbeddedContainer container = run()) {
            assertThat(container.stdout().read()).isEqualTo('r');
        }
    }

    @Test
    void terminating_reaches_the_container() throws IOException, LaunchException {
        bundle.script("trap 'exit 3' TERM; echo ready; while :; do sleep 0.01; done");
        try (EmbeddedContainer container = run()) {
            assertThat(container.stdout().read()).isEqualTo('r');
            container.terminate();
            assertThat(container.waitFor()).isEqualTo(3);
        }
    }

    @Test
    void all_that_is_wrong_with_a_bundle_is_told_at_once() throws IOException {
        bundle.replace("\"cwd\": \"/\"", "\"cwd\": 7").replace("\"readonly\": true", "\"readonly\": 0");
        LaunchException refused = catchThrowableOfType(LaunchException.class, this::run);
        assertThat(refused.problems()).hasSize(2);
        assertThat(refused.exitCode()).isEqualTo(1);
    }

    @Test
    void a_missing_command_has_the_exit_code_that_a_shell_would_give() throws IOException {
        bundle.command("no-such-command");
        LaunchException refused = catchThrowableOfType(LaunchException.class, this::run);
        assertThat(refused.exitCode()).isEqualTo(127);
    }
}
