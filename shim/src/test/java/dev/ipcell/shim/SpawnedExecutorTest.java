// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.SpawnedExecutor.Stdio;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class SpawnedExecutorTest {
    @TempDir
    private Path directory;

    @Test
    void it_is_told_of_the_socket_and_gets_its_arguments_and_environment() throws Exception {
        try (SpawnedExecutor started =
                start("echo \"$@\" $COLOUR >&3", List.of("run", "a b"), Map.of("COLOUR", "red"))) {
            assertThat(text(started.input().readAllBytes())).isEqualTo("--planner-fd=3 run a b red\n");
            assertThat(started.waitFor()).isZero();
            assertThat(started.waitFor()).isZero();
        }
    }

    @Test
    void the_environment_is_only_what_was_given() throws Exception {
        try (SpawnedExecutor started = start("exec /usr/bin/env", List.of(), Map.of("ONLY", "this"))) {
            assertThat(text(started.stdout().readAllBytes()).lines())
                    .contains("ONLY=this")
                    .doesNotContain("PATH=" + System.getenv("PATH"))
                    .noneMatch(line -> line.startsWith("HOME="));
        }
    }

    @Test
    void planner_and_executor_talk_in_both_directions() throws Exception {
        try (SpawnedExecutor started = start("read line <&3; echo \"got $line\" >&3", List.of(), Map.of())) {
            started.output().write("hello\n".getBytes(StandardCharsets.UTF_8));
            assertThat(text(started.input().readAllBytes())).isEqualTo("got hello\n");
        }
    }

    @Test
    void the_standard_streams_are_pipes_when_asked_for() throws Exception {
        try (SpawnedExecutor started = start("cat; echo oops >&2; exit 7", List.of(), Map.of())) {
            try (var stdin = started.stdin()) {
                stdin.write("through\n".getBytes(StandardCharsets.UTF_8));
            }
            assertThat(text(started.stdout().readAllBytes())).isEqualTo("through\n");
            assertThat(text(started.stderr().readAllBytes())).isEqualTo("oops\n");
            assertThat(started.waitFor()).isEqualTo(7);
        }
    }

    @Test
    void it_inherits_no_descriptor_but_the_standard_streams_and_the_socket() throws Exception {
        try (SpawnedExecutor started = start("ls -l /proc/$$/fd", List.of(), Map.of())) {
            List<String> links = text(started.stdout().readAllBytes())
                    .lines()
                    .filter(line -> line.contains(" -> "))
                    .toList();
            assertThat(links).hasSize(5); // and the shell's own script
            assertThat(links.stream().filter(link -> link.contains("socket:"))).hasSize(1);
            assertThat(links.stream().filter(link -> link.contains("pipe:"))).hasSize(3);
            assertThat(links.stream().filter(link -> link.endsWith("/script"))).hasSize(1);
        }
    }

    @Test
    void no_signal_is_blocked_there() throws Exception {
        try (SpawnedExecutor started = start("exec grep SigBlk /proc/self/status", List.of(), Map.of())) {
            assertThat(text(started.stdout().readAllBytes())).isEqualTo("SigBlk:\t0000000000000000\n");
        }
    }

    @Test
    void null_streams_are_empty() throws Exception {
        Path script = script("cat; in=$(readlink /proc/$$/fd/0); out=$(readlink /proc/$$/fd/1); echo $in $out >&3");
        try (SpawnedExecutor started =
                SpawnedExecutor.start(script, List.of(), Map.of(), Stdio.NULL, Stdio.NULL, Stdio.INHERIT)) {
            assertThat(text(started.input().readAllBytes())).isEqualTo("/dev/null /dev/null\n");
            assertThatThrownBy(started::stdout).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void a_killed_one_tells_the_signal() throws Exception {
        try (SpawnedExecutor started = start("exec sleep 60", List.of(), Map.of())) {
            assertThat(ProcessHandle.of(started.pid())).isPresent();
            started.kill();
            assertThat(started.waitFor()).isEqualTo(137);
            started.kill();
        }
    }

    @Test
    void writing_to_one_that_is_gone_is_an_error() throws Exception {
        try (SpawnedExecutor started = start("exit 0", List.of(), Map.of())) {
            assertThat(started.waitFor()).isZero();
            assertThatThrownBy(() -> started.output().write(1)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void a_missing_executable_is_an_error_that_leaves_no_descriptor() throws Exception {
        Path missing = directory.resolve("missing");
        long before = descriptors();
        for (int i = 0; i < 20; i++) {
            assertThatThrownBy(() ->
                            SpawnedExecutor.start(missing, List.of(), Map.of(), Stdio.PIPE, Stdio.PIPE, Stdio.PIPE))
                    .hasMessage("posix_spawn " + missing + ": ENOENT (no such file or directory)");
        }
        assertThat(descriptors()).isLessThan(before + 20);
    }

    private SpawnedExecutor start(String script, List<String> args, Map<String, String> environment)
            throws IOException {
        return SpawnedExecutor.start(script(script), args, environment, Stdio.PIPE, Stdio.PIPE, Stdio.PIPE);
    }

    private Path script(String text) throws IOException {
        Path file = directory.resolve("script");
        Files.writeString(file, "#!/bin/sh\n" + text + "\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    private static long descriptors() throws IOException {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
