// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.Json;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonString;
import dev.ipcell.spec.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How engines call a runtime, and what they read from it, where one line of {@code contract/} cannot show it. */
@Tag("root")
class EngineCallsTest {
    @TempDir
    Path temporary;

    private TestBundle bundle;

    @BeforeEach
    void make_a_bundle() throws IOException {
        bundle = new TestBundle(temporary).script("exec sleep 1000");
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        bundle.call("delete", "--force");
        Leftovers.assertNone(bundle);
    }

    private static String ok(Cell.Result result) {
        assertThat(result.err()).isEmpty();
        assertThat(result.exit()).isZero();
        return result.out();
    }

    private Cell.Result with(List<String> before, String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(before);
        command.addAll(
                List.of(Cell.executable().toString(), "--root", bundle.root().toString()));
        command.addAll(List.of(words));
        return Cell.run(temporary, command);
    }

    @ParameterizedTest
    @ValueSource(strings = {"IPCELL_PLANNER=none", "XDG_RUNTIME_DIR=/run/user/0"})
    void an_environment_without_anything_is_enough(String variable) throws IOException, InterruptedException {
        bundle.write();
        List<String> empty = List.of("env", "-i", "IPCELL_PLANNER=none", variable);
        ok(with(empty, "create", "--bundle", bundle.directory().toString(), bundle.id()));
        ok(with(empty, "start", bundle.id()));
        assertThat(ok(with(empty, "state", bundle.id()))).contains("\"status\": \"running\"");
        assertThat(ok(with(empty, "exec", bundle.id(), "echo", "a"))).isEqualTo("a\n");
        assertThat(ok(with(empty, "ps", bundle.id()))).contains("sleep 1000");
        ok(with(empty, "pause", bundle.id()));
        ok(with(empty, "resume", bundle.id()));
        ok(with(empty, "kill", bundle.id(), "KILL"));
        ok(with(empty, "delete", "--force", bundle.id()));
        assertThat(ok(with(empty, "features"))).startsWith("{");
    }

    @Test
    void a_state_is_all_that_is_printed() throws IOException, InterruptedException, InvalidSpecException {
        ok(bundle.detached());
        Cell.Result both = Cell.run(
                temporary,
                List.of(
                        "sh",
                        "-c",
                        Cell.executable() + " --root " + bundle.root() + " state " + bundle.id() + " 2>&1"));
        State state = State.read(both.out().getBytes(UTF_8));
        assertThat(state.pid()).isPositive();
        assertThat(Instant.parse(state.created() + "")).isBeforeOrEqualTo(Instant.now());
    }

    @Test
    void the_version_is_told_in_the_lines_that_engines_take_apart() throws IOException, InterruptedException {
        assertThat(ok(Cell.call("--version")))
                .matches(
                        "ipcell version \\d+\\.\\d+\\.\\d+\ncommit: [0-9a-f]+\nspec: \\d+\\.\\d+\\.\\d+\njava: [^\n]+\n");
    }

    @Test
    void an_error_is_one_object_in_the_log_and_a_line_for_each_finding_on_standard_error()
            throws IOException, InterruptedException, InvalidSpecException {
        bundle.replace("\"readonly\": true", "\"readonly\": 1").replace("\"cwd\": \"/\"", "\"cwd\": 7");
        Path log = temporary.resolve("log.json");
        Cell.Result result = logged(log, "json");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err().lines()).hasSize(2).allMatch(line -> line.startsWith("ipcell: config.json /"));
        JsonObject entry = Json.parseObject(Files.readAllBytes(log));
        assertThat(entry.members()).containsOnlyKeys("level", "msg", "time");
        assertThat(text(entry, "level")).isEqualTo("error");
        assertThat(text(entry, "msg")).contains("config.json /process/cwd: ", "; config.json /root/readonly: ");
        assertThat(Instant.parse(text(entry, "time"))).isBeforeOrEqualTo(Instant.now());
    }

    private Cell.Result logged(Path log, String format) throws IOException, InterruptedException {
        bundle.write();
        List<String> none = List.of();
        String directory = bundle.directory().toString();
        return with(none, "--log", log.toString(), "--log-format", format, "create", "-b", directory, bundle.id());
    }

    private static String text(JsonObject object, String member) {
        return object.get(member) instanceof JsonString string ? string.value() : "";
    }

    @Test
    void a_log_of_text_has_time_and_level() throws IOException, InterruptedException {
        bundle.command("no-such-command");
        Path log = temporary.resolve("log");
        Cell.Result result = logged(log, "text");
        assertThat(result.err()).startsWith("ipcell: config.json /process/args: exec: \"no-such-command\": ");
        assertThat(Files.readString(log))
                .matches("time=\"[0-9T:.-]+Z\" level=error msg=\"config.json /process/args: exec:"
                        + " \\\\\"no-such-command\\\\\": executable file not found in \\$PATH\"\n");
    }

    @Test
    void a_log_that_cannot_be_written_is_told() throws IOException, InterruptedException {
        bundle.command("no-such-command");
        Path log = temporary.resolve("no/log");
        assertThat(logged(log, "json").err())
                .contains("executable file not found in $PATH\n")
                .endsWith("ipcell: --log " + log + ": no such file or directory (ENOENT): this is told here only\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"list", "--version", "features", "help"})
    void an_answer_that_cannot_be_written_is_a_failure(String command) throws IOException, InterruptedException {
        Cell.Result result =
                Cell.run(temporary, List.of("sh", "-c", Cell.executable() + " " + command + " > /dev/full"));
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).startsWith("ipcell: ").containsIgnoringCase("no space left on device");
    }

    @Test
    void a_pid_file_holds_the_number_alone_and_is_relative_to_the_caller() throws IOException, InterruptedException {
        bundle.write();
        List<String> none = List.of();
        ok(with(
                none,
                "create",
                "--pid-file",
                "pid",
                "--bundle",
                bundle.directory().toString(),
                bundle.id()));
        assertThat(Files.readString(temporary.resolve("pid"))).matches("[0-9]+");
        ok(with(none, "start", bundle.id()));
        ok(with(none, "exec", "--detach", "--pid-file", "pid2", bundle.id(), "sleep", "1000"));
        assertThat(Files.readString(temporary.resolve("pid2"))).matches("[0-9]+");
        try (var files = Files.list(temporary)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("pid", "pid2", bundle.id());
        }
    }

    @Test
    void debug_tells_what_is_done_and_what_asked_for_it() throws IOException, InterruptedException {
        bundle.write();
        List<String> none = List.of();
        String directory = bundle.directory().toString();
        Cell.Result run = with(none, "--debug", "run", "--detach", "-b", directory, bundle.id());
        assertThat(run.exit()).isZero();
        assertThat(run.err().lines())
                .allMatch(line -> line.matches("time=\"[^\"]+\" level=debug msg=\".*\""))
                .anyMatch(line -> line.contains(": run, with the state of containers in " + bundle.root()))
                .anyMatch(line -> line.contains("no resident planner: ") || line.contains("the resident planner with"))
                .anyMatch(line -> line.contains("operations of the new process: ") && line.contains("/mounts/0"))
                .anyMatch(line -> line.contains("the last "));
        Path log = temporary.resolve("log");
        Cell.Result exec = with(none, "--debug", "--log", log.toString(), "exec", bundle.id(), "echo", "a");
        assertThat(ok(exec)).isEqualTo("a\n");
        assertThat(Files.readString(log))
                .contains("level=debug", ": exec, with", "the container's namespaces", "/process/args");
        Path json = temporary.resolve("json");
        String[] call = {"--debug", "--log", json.toString(), "--log-format=json", "state", bundle.id()};
        assertThat(ok(with(none, call))).startsWith("{");
        assertThat(Files.readAllLines(json))
                .hasSizeGreaterThan(3)
                .allMatch(line -> line.startsWith("{\"level\":\"debug\""));
    }

    @Test
    void a_pidfd_is_sent_that_reaches_the_process() throws IOException, InterruptedException {
        Path socket = temporary.resolve("s");
        bundle.write();
        List<String> receive = List.of("python3", "-c", RECEIVER, socket.toString(), "9");
        List<String> create = List.of("create", "--pidfd-socket", socket.toString(), "--bundle");
        assertThat(receiving(receive, create, List.of(bundle.directory().toString(), bundle.id())))
                .isEqualTo("1 descriptor, killed\n");
        ok(bundle.call("delete", "--force"));
        ok(bundle.detached());
        // It is sent before the process executes its command: a signal would be a failure of that.
        List<String> look = List.of("python3", "-c", RECEIVER, socket.toString(), "0");
        List<String> exec = List.of("exec", "--detach", "--pidfd-socket", socket.toString(), "--pid-file", "pid");
        String pid = receiving(look, exec, List.of(bundle.id(), "sleep", "1000"));
        assertThat(pid).isEqualTo("1 descriptor, of " + Files.readString(temporary.resolve("pid")) + "\n");
    }

    @Test
    void a_run_sends_its_terminal_and_a_pidfd() throws IOException, InterruptedException {
        bundle.replace("\"terminal\": false", "\"terminal\": true")
                .script("test -t 0 && echo on a terminal")
                .write();
        Path socket = temporary.resolve("s");
        List<String> terminal = List.of("python3", "-c", RECEIVER, socket.toString(), "tty");
        List<String> run = List.of("run", "--detach", "--console-socket", socket.toString(), "-b");
        assertThat(receiving(terminal, run, List.of(bundle.directory().toString(), bundle.id())))
                .isEqualTo("on a terminal\n");
        ok(bundle.call("delete", "--force"));
        bundle.replace("\"terminal\": true", "\"terminal\": false")
                .script("exec sleep 1000")
                .write();
        List<String> pidfd = List.of("python3", "-c", RECEIVER, socket.toString(), "0");
        List<String> sleep = List.of("run", "--detach", "--pidfd-socket", socket.toString(), "--pid-file", "pid", "-b");
        String pid = receiving(pidfd, sleep, List.of(bundle.directory().toString(), bundle.id()));
        assertThat(pid).isEqualTo("1 descriptor, of " + Files.readString(temporary.resolve("pid")) + "\n");
    }

    @Test
    void a_terminal_is_sent_for_an_exec_too() throws IOException, InterruptedException {
        ok(bundle.detached());
        Path socket = temporary.resolve("s");
        List<String> receive = List.of("python3", "-c", RECEIVER, socket.toString(), "tty");
        List<String> exec = List.of("exec", "--tty", "--detach", "--console-socket", socket.toString());
        assertThat(receiving(receive, exec, List.of(bundle.id(), "sh", "-c", "test -t 0 && echo on a terminal")))
                .isEqualTo("on a terminal\n");
    }

    /** Takes one descriptor from a socket: kills what a pidfd is of, or reads a terminal to its end. */
    private static final String RECEIVER = """
            import os, signal, socket, sys
            s = socket.socket(socket.AF_UNIX)
            s.bind(sys.argv[1])
            s.listen()
            print("listening", flush=True)
            c, _ = s.accept()
            data, fds, flags, address = socket.recv_fds(c, 4096, 4)
            os.unlink(sys.argv[1])
            if sys.argv[2] == "tty":
                got = b""
                try:
                    while True:
                        more = os.read(fds[0], 1000)
                        if not more:
                            break
                        got += more
                except OSError:
                    pass
                print(got.decode().replace("\\r", ""), end="", flush=True)
            else:
                signal.pidfd_send_signal(fds[0], int(sys.argv[2]))
                info = open("/proc/self/fdinfo/%d" % fds[0]).read().split()
                pid = "killed" if sys.argv[2] == "9" else "of " + info[info.index("Pid:") + 1]
                print(len(fds), "descriptor,", pid, flush=True)
            """;

    private String receiving(List<String> receiver, List<String> call, List<String> rest)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(receiver).start();
        try (var reader = process.inputReader()) {
            assertThat(reader.readLine()).isEqualTo("listening");
            List<String> words = new ArrayList<>(call);
            words.addAll(rest);
            ok(with(List.of(), words.toArray(new String[0])));
            StringBuilder said = new StringBuilder();
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                said.append(line).append('\n');
            }
            return said.toString();
        } finally {
            process.destroy();
        }
    }

    @Test
    void descriptors_reach_an_exec_on_demand() throws IOException, InterruptedException {
        ok(bundle.detached());
        String call = Cell.executable() + " --root " + bundle.root() + " exec --preserve-fds 2 " + bundle.id();
        Cell.Result result = Cell.run(
                temporary,
                List.of("sh", "-c", "exec 3<<A 4<<B\nthree\nA\nfour\nB\nexec " + call + " sh -c 'cat <&3; cat <&4'"));
        assertThat(ok(result)).isEqualTo("three\nfour\n");
        Cell.Result missing = Cell.run(temporary, List.of("sh", "-c", "exec 3</dev/null; exec " + call + " true"));
        assertThat(missing.exit()).isEqualTo(255);
        assertThat(missing.err()).isEqualTo("ipcell: --preserve-fds 2: descriptor 4 is not open\n");
        Cell.Result listening = Cell.run(temporary, List.of("sh", "-c", "LISTEN_FDS=1 exec " + call + " true"));
        assertThat(listening.err()).isEqualTo("ipcell: LISTEN_FDS=1: descriptor 3 is not open\n");
    }

    @Test
    void a_paused_container_takes_a_process_that_is_to_wait() throws IOException, InterruptedException {
        ok(bundle.detached());
        ok(bundle.call("pause"));
        List<String> none = List.of();
        // It stands still with the others, so that only a detached call can come back before it goes on.
        String[] exec = {"exec", "--ignore-paused", "--detach", "--pid-file", "pid", bundle.id(), "sleep", "1000"};
        Process call = new ProcessBuilder(command(none, exec))
                .directory(temporary.toFile())
                .start();
        Thread.sleep(300);
        ok(bundle.call("resume"));
        assertThat(call.waitFor()).isZero();
        assertThat(Path.of("/proc", Files.readString(temporary.resolve("pid")))).exists();
    }

    private List<String> command(List<String> before, String... words) {
        List<String> command = new ArrayList<>(before);
        command.addAll(
                List.of(Cell.executable().toString(), "--root", bundle.root().toString()));
        command.addAll(List.of(words));
        return command;
    }
}
