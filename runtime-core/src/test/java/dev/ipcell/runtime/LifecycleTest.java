// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Containers that are created, started, looked at, killed and deleted by calls of their own. */
@Tag("root")
class LifecycleTest {
    @TempDir
    Path temporary;

    private TestBundle bundle;

    @BeforeEach
    void make_a_bundle() throws IOException {
        bundle = new TestBundle(temporary).script("echo ran > /dev/shm/ran; exec sleep 1000");
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

    private static void refused(Cell.Result result, String text) {
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).startsWith("ipcell: ").contains(text).hasLineCount(1);
    }

    private String status() throws IOException, InterruptedException {
        try {
            return State.read(ok(bundle.call("state")).getBytes(UTF_8)).status().wire();
        } catch (InvalidSpecException damaged) {
            throw new AssertionError(damaged);
        }
    }

    private void awaitStatus(String status) throws IOException, InterruptedException {
        for (int i = 0; i < 500 && !status().equals(status); i++) {
            Thread.sleep(10);
        }
        assertThat(status()).isEqualTo(status);
    }

    /** What its first process has open while it waits, beside its streams. */
    private List<String> openWhileItWaits() throws Exception {
        long pid = State.read(ok(bundle.call("state")).getBytes(UTF_8)).pid();
        List<String> open = new ArrayList<>();
        try (var links = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            for (Path link : links.toList()) {
                if (Integer.parseInt(link.getFileName().toString()) > 2) {
                    open.add(Files.readSymbolicLink(link).toString());
                }
            }
        }
        return open;
    }

    @Test
    void a_created_container_has_nothing_of_the_host_open() throws Exception {
        Path secret = Files.createFile(temporary.resolve("secret"));
        bundle.mount("{\"destination\": \"/mnt\", \"type\": \"bind\", \"source\": \"" + temporary
                        + "\", \"options\": [\"rbind\"]}")
                .write();
        String create = "exec 7<" + secret + " 8<" + temporary + "; exec " + Cell.executable() + " --root "
                + bundle.root() + " create --bundle " + bundle.directory() + " " + bundle.id() + " >/dev/null";
        ok(Cell.run(temporary, List.of("sh", "-c", create)));
        assertThat(openWhileItWaits())
                .isNotEmpty()
                .allMatch(target -> target.endsWith("/exec.fifo")
                        || target.matches("(/proc)?/[0-9]+/fd")
                        || target.startsWith("socket:")
                        || target.startsWith("anon_inode:"));
        ok(bundle.call("start"));
        awaitStatus("running");
    }

    private void create(String... options) throws IOException, InterruptedException {
        ok(bundle.create(options));
    }

    @Test
    void a_container_that_runs_in_the_foreground_can_be_paused_resumed_and_deleted()
            throws IOException, InterruptedException {
        Process foreground =
                bundle.write().begin("run", "--bundle", bundle.directory().toString());
        try {
            for (int i = 0; i < 500 && bundle.call("state").exit() != 0; i++) {
                Thread.sleep(10);
            }
            awaitStatus("running");
            ok(bundle.call("pause"));
            assertThat(status()).isEqualTo("paused");
            ok(bundle.call("resume"));
            ok(bundle.call("delete", "--force"));
            assertThat(foreground.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(foreground.exitValue()).isEqualTo(137);
        } finally {
            foreground.destroyForcibly();
        }
    }

    @Test
    void a_container_goes_from_created_to_running_to_stopped_to_gone() throws IOException, InterruptedException {
        create();
        assertThat(status()).isEqualTo("created");
        ok(bundle.call("start"));
        assertThat(status()).isEqualTo("running");
        ok(bundle.call("kill", "KILL"));
        awaitStatus("stopped");
        assertThat(ok(bundle.call("state"))).contains("\"pid\": 0");
        ok(bundle.call("delete"));
        refused(bundle.call("state"), "does not exist");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HUP", "INT", "QUIT", "TERM", "KILL"})
    void a_created_container_is_ended_by_what_ends_a_program(String signal) throws IOException, InterruptedException {
        create();
        ok(bundle.call("kill", signal));
        awaitStatus("stopped");
        refused(bundle.call("start"), "cannot start a container that has stopped");
        ok(bundle.call("delete"));
    }

    @Test
    void a_created_container_does_not_run_its_program_yet() throws IOException, InterruptedException {
        Path pid = temporary.resolve("pid");
        create("--pid-file", pid.toString());
        Path shm = Path.of("/proc", Files.readString(pid), "root/dev/shm");
        assertThat(shm).isEmptyDirectory();
        ok(bundle.call("start"));
        for (int i = 0; i < 500 && !Files.exists(shm.resolve("ran")); i++) {
            Thread.sleep(10);
        }
        assertThat(shm.resolve("ran")).exists();
    }

    @Test
    void a_create_that_fails_leaves_the_pid_file_that_was_there() throws IOException, InterruptedException {
        Path pid = Files.writeString(temporary.resolve("pid"), "another's");
        Cell.Result result = bundle.command("/missing").create("--pid-file", pid.toString());
        assertThat(result.exit()).isEqualTo(127);
        assertThat(result.err()).contains("/missing").hasLineCount(1);
        assertThat(pid).hasContent("another's");
    }

    @Test
    @Covers("/annotations")
    void the_state_tells_what_engines_read() throws IOException, InterruptedException {
        bundle.replace("\"hostname\":", "\"annotations\": {\"a.b\": \"c\"}, \"hostname\":");
        create();
        assertThat(ok(bundle.call("state")))
                .contains(
                        "\"ociVersion\": \"1.3.0\"",
                        "\"id\": \"" + bundle.id() + "\"",
                        "\"status\": \"created\"",
                        "\"bundle\": \"" + bundle.directory() + "\"",
                        "\"rootfs\": \"" + Cell.busybox().toRealPath() + "\"",
                        "\"a.b\": \"c\"")
                .containsPattern("\"created\": \"20..-..-..T..:..:..");
    }

    @Test
    void list_shows_all_containers_in_each_form() throws IOException, InterruptedException {
        refused(bundle.list(), "--root: " + bundle.root() + ": no such file or directory (ENOENT)");
        Files.createDirectory(bundle.root());
        assertThat(ok(bundle.list("--format", "json"))).isEqualTo("null\n");
        create();
        assertThat(ok(bundle.list("--quiet"))).isEqualTo(bundle.id() + "\n");
        assertThat(ok(bundle.list("--format=json")))
                .startsWith("[{\"ociVersion\":\"1.3.0\",\"id\":\"" + bundle.id())
                .endsWith("}]\n");
        assertThat(ok(bundle.list()).lines())
                .hasSize(2)
                .first()
                .asString()
                .matches("ID +PID +STATUS +BUNDLE +CREATED +OWNER *");
    }

    @Test
    void a_start_needs_a_created_container() throws IOException, InterruptedException {
        refused(bundle.call("start"), "container does not exist");
        create();
        ok(bundle.call("start"));
        refused(bundle.call("start"), "cannot start an already running container");
        ok(bundle.call("kill", "9"));
        awaitStatus("stopped");
        refused(bundle.call("start"), "cannot start a container that has stopped");
    }

    @Test
    void a_running_container_is_deleted_by_force_only() throws IOException, InterruptedException {
        create();
        ok(bundle.call("start"));
        refused(bundle.call("delete"), "cannot delete container " + bundle.id() + " that is not stopped: running");
        assertThat(status()).isEqualTo("running");
        ok(bundle.call("delete", "-f"));
        refused(bundle.call("delete"), "does not exist");
        ok(bundle.call("delete", "--force"));
    }

    @Test
    void cgroups_that_the_container_made_for_itself_go_with_it() throws IOException, InterruptedException {
        create();
        ok(bundle.call("start"));
        Path own = Path.of("/sys/fs/cgroup/pids", bundle.id());
        Path below = Files.createDirectories(own.resolve("service/part"));
        Files.writeString(
                below.resolve("cgroup.procs"),
                Files.readAllLines(own.resolve("cgroup.procs")).getFirst());
        Files.createDirectories(Path.of("/sys/fs/cgroup/unified", bundle.id(), "a/b"));
        ok(bundle.call("delete", "--force"));
        Leftovers.assertNone(bundle);
    }

    @Test
    void a_created_container_can_be_deleted() throws IOException, InterruptedException {
        create();
        ok(bundle.call("delete"));
    }

    @Test
    void a_stopped_container_cannot_be_killed() throws IOException, InterruptedException {
        bundle.script("true");
        create();
        ok(bundle.call("start"));
        awaitStatus("stopped");
        refused(bundle.call("kill", "TERM"), "container not running");
        refused(bundle.call("kill", "TERM"), "no such process");
        ok(bundle.call("kill", "--all", "KILL"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "SIGUSR1", "15", "sigint", "RTMIN+3"})
    void kill_takes_a_signal_by_name_or_number(String signal) throws IOException, InterruptedException {
        bundle.script("trap 'exit 0' TERM USR1 INT 37; while :; do sleep 0.01; done");
        create();
        ok(bundle.call("start"));
        Thread.sleep(100);
        ok(bundle.call("kill", signal));
        awaitStatus("stopped");
    }

    @ParameterizedTest
    @ValueSource(strings = {"NOSUCH", "65", "-1x", ""})
    void an_unknown_signal_is_refused(String signal) throws IOException, InterruptedException {
        create();
        refused(
                Cell.call("--root", bundle.root().toString(), "kill", bundle.id(), signal),
                "unknown signal \"" + signal);
    }

    @Test
    void an_id_in_use_cannot_be_created_again() throws IOException, InterruptedException {
        create();
        refused(bundle.create(), "container with given ID already exists");
        assertThat(status()).isEqualTo("created");
    }

    @ParameterizedTest
    @CsvSource({
        "no-such-command, executable file not found in $PATH",
        "/etc/passwd, permission denied (EACCES)",
        "/bin/nothing, no such file or directory (ENOENT)"
    })
    void a_command_that_cannot_run_is_told_by_create(String command, String text)
            throws IOException, InterruptedException {
        bundle.command(command);
        Cell.Result result = bundle.create();
        assertThat(result.exit()).isNotZero();
        assertThat(result.err()).contains("exec: \"" + command + "\": " + text).hasLineCount(1);
    }

    @Test
    void a_command_that_fails_to_execute_later_is_told_by_start() throws IOException, InterruptedException {
        Path root = bundle.ownRoot();
        Path program = root.resolve("bin/program");
        Files.writeString(program, "#!/bin/sh\n");
        assertThat(program.toFile().setExecutable(true)).isTrue();
        bundle.command("/bin/program");
        create();
        Files.writeString(program, "\u007fELF nonsense");
        Cell.Result result = bundle.call("start");
        refused(result, "execve /bin/program: exec format error (ENOEXEC)");
        awaitStatus("stopped");
    }

    @Test
    void a_process_that_took_the_number_of_a_dead_one_is_not_the_container() throws IOException, InterruptedException {
        create();
        Path file = bundle.root().resolve(bundle.id()).resolve("state.json");
        String state = Files.readString(file);
        String pid = Long.toString(ProcessHandle.current().pid());
        ok(bundle.call("kill", "KILL"));
        awaitStatus("stopped");
        Files.writeString(file, state.replaceFirst("\"pid\":[0-9]+", "\"pid\":" + pid));
        assertThat(status()).isEqualTo("stopped");
    }

    @Test
    void a_state_from_before_the_machines_last_start_is_that_of_a_stopped_container()
            throws IOException, InterruptedException {
        create();
        Path file = bundle.root().resolve(bundle.id()).resolve("state.json");
        String state = Files.readString(file);
        Files.writeString(file, state.replaceFirst("\"bootId\":\"[^\"]+\"", "\"bootId\":\"another\""));
        assertThat(status()).isEqualTo("stopped");
        Files.writeString(file, state);
    }

    @Test
    void a_damaged_state_is_told_and_can_be_deleted_by_force() throws IOException, InterruptedException {
        Path directory = Files.createDirectories(bundle.root().resolve(bundle.id()));
        Files.writeString(directory.resolve("state.json"), "{\"id\": ");
        refused(bundle.call("state"), "is damaged");
        ok(bundle.call("delete", "--force"));
        assertThat(directory).doesNotExist();
    }

    @Test
    void a_state_that_was_being_written_can_be_deleted_by_force() throws IOException, InterruptedException {
        Path directory = Files.createDirectories(bundle.root().resolve(bundle.id()));
        Files.writeString(directory.resolve("config.json"), "{}");
        Files.writeString(directory.resolve("config.json.new"), "{");
        Files.writeString(directory.resolve("state.json.new"), "{");
        refused(bundle.call("state"), "does not exist");
        ok(bundle.call("delete", "--force"));
        assertThat(directory).doesNotExist();
    }

    @Test
    void many_calls_at_once_leave_one_container() throws IOException, InterruptedException {
        bundle.write();
        List<Process> creates = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            creates.add(bundle.begin("create", "--bundle", bundle.directory().toString()));
        }
        int succeeded = 0;
        for (Process create : creates) {
            succeeded += create.waitFor() == 0 ? 1 : 0;
        }
        assertThat(succeeded).isEqualTo(1);
        assertThat(status()).isEqualTo("created");
        List<Process> starts = List.of(bundle.begin("start"), bundle.begin("start"), bundle.begin("start"));
        succeeded = 0;
        for (Process start : starts) {
            succeeded += start.waitFor() == 0 ? 1 : 0;
        }
        assertThat(succeeded).isEqualTo(1);
        List<Process> deletes = List.of(bundle.begin("delete", "-f"), bundle.begin("delete", "-f"));
        for (Process delete : deletes) {
            assertThat(delete.waitFor()).isZero();
        }
    }

    @Test
    void a_detached_run_returns_while_the_container_runs() throws IOException, InterruptedException {
        ok(bundle.detached());
        assertThat(status()).isEqualTo("running");
    }

    @Test
    void a_kept_container_is_stopped_after_its_run() throws IOException, InterruptedException {
        assertThat(bundle.script("exit 3").run("--keep").exit()).isEqualTo(3);
        assertThat(status()).isEqualTo("stopped");
        ok(bundle.call("delete"));
    }

    @Test
    void a_terminal_needs_a_console_socket_when_nobody_stays() throws IOException, InterruptedException {
        bundle.replace("\"terminal\": false", "\"terminal\": true");
        refused(bundle.create(), "cannot allocate tty if ipcell will detach without setting console socket");
        bundle.replace("\"terminal\": true", "\"terminal\": false");
        refused(bundle.create("--console-socket", "/tmp/none"), "cannot use console socket");
    }

    @Test
    void a_console_socket_is_sent_the_terminals_master() throws IOException, InterruptedException {
        bundle.replace("\"terminal\": false", "\"terminal\": true").script("stty size; echo from inside");
        Path directory = Files.createDirectory(temporary.resolve("a-long-name-".repeat(8)));
        Path socket = directory.resolve("console.sock");
        Process receiver = new ProcessBuilder("python3", "-c", """
                import os, socket, sys
                os.chdir(os.path.dirname(sys.argv[1]))
                s = socket.socket(socket.AF_UNIX)
                s.bind(os.path.basename(sys.argv[1]))
                s.listen()
                print("listening", flush=True)
                c, _ = s.accept()
                data, fds, flags, address = socket.recv_fds(c, 100, 1)
                print(data.decode(), flush=True)
                while True:
                    try:
                        got = os.read(fds[0], 1000)
                    except OSError:
                        break
                    if not got:
                        break
                    sys.stdout.write(got.decode())
                    sys.stdout.flush()
                """, socket.toString()).start();
        assertThat(receiver.inputReader().readLine()).isEqualTo("listening");
        create("--console-socket", socket.toString());
        ok(bundle.call("start"));
        assertThat(receiver.inputReader().readLine()).isEqualTo("/dev/ptmx");
        receiver.inputReader().readLine();
        assertThat(receiver.inputReader().readLine()).isEqualTo("from inside");
        receiver.destroy();
    }

    @Test
    void descriptors_of_the_callers_are_passed_on_demand() throws IOException, InterruptedException {
        bundle.script("cat <&3; cat <&4; ls /proc/self/fd | wc -l").write();
        Cell.Result result = Cell.run(
                temporary,
                List.of(
                        "sh",
                        "-c",
                        "exec 3<<A 4<<B 5</dev/null\nthree\nA\nfour\nB\nexec " + Cell.executable() + " --root "
                                + bundle.root() + " run --preserve-fds 2 -b " + bundle.directory() + " "
                                + bundle.id()));
        assertThat(result.out()).isEqualTo("three\nfour\n6\n");
    }

    @Test
    void the_root_can_be_entered_without_pivot_root() throws IOException, InterruptedException {
        assertThat(bundle.script("ls / | head -1; cat /proc/1/comm; true")
                        .run("--no-pivot")
                        .out())
                .isEqualTo("bin\nsh\n");
    }
}
