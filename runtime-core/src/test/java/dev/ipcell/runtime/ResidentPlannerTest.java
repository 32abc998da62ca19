// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.Executor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The resident planner: whom it serves, and what callers do without it. */
@Tag("root")
class ResidentPlannerTest {
    @TempDir
    Path temporary;

    private WarmPlanner planner;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        planner = WarmPlanner.start();
    }

    @AfterEach
    void stop() throws IOException, InterruptedException {
        planner.stop();
    }

    private static String cold(Cell.Result result) {
        assertThat(result.exit()).as(result.err()).isZero();
        Matcher reason =
                Pattern.compile("msg=\"no resident planner: ([^\"]*)\"").matcher(result.err());
        assertThat(reason.find()).as(result.err()).isTrue();
        return reason.group(1);
    }

    private static boolean warm(Cell.Result result) {
        return result.exit() == 0 && result.err().contains("msg=\"the resident planner with PID ");
    }

    private static Cell.Result list() throws IOException, InterruptedException {
        return Cell.call("--debug", "--root", "/mnt", "list");
    }

    private static Cell.Result listBy(String... before) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(before));
        command.addAll(List.of(Cell.executable().toString(), "--debug", "--root", "/mnt", "list"));
        return Cell.run(Path.of("/"), command);
    }

    private static void signal(String name, long pid) throws IOException, InterruptedException {
        assertThat(Cell.run(Path.of("/"), List.of("kill", "-" + name, Long.toString(pid)))
                        .exit())
                .isZero();
    }

    @Test
    void calls_are_answered_by_the_planner_that_is_there() throws IOException, InterruptedException {
        long before = planner.requests();
        assertThat(warm(list())).isTrue();
        TestBundle bundle = new TestBundle(temporary).script("echo ran");
        assertThat(bundle.run().out()).isEqualTo("ran\n");
        Leftovers.assertNone(bundle);
        // The two, and that of requests() itself.
        assertThat(planner.requests()).isEqualTo(before + 3);
    }

    @Test
    void its_status_tells_build_requests_latency_and_memory() throws IOException, InterruptedException {
        list();
        String build = Cell.call("--version").out().lines().toList().get(1).replace("commit: ", "");
        assertThat(Cell.call("planner", "status").out())
                .contains("pid: " + planner.pid() + "\n")
                .contains("build: " + build + "\n")
                .containsPattern("uptime seconds: \\d+\n")
                .containsPattern("latency us, median: [1-9]\\d*\n")
                .containsPattern("latency us, 99 %: [1-9]\\d*\n")
                .containsPattern("heap KiB, used: [1-9]\\d*\n");
    }

    @Test
    void only_its_owner_can_reach_its_socket() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(planner.socket())))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(planner.socket().resolveSibling("pid"))))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(planner.place().resolve("d"))))
                .isEqualTo("rwx------");
    }

    @Test
    void a_second_one_in_the_same_place_is_refused() throws IOException, InterruptedException {
        Cell.Result second = Cell.call("planner", "start");
        assertThat(second.exit()).isEqualTo(1);
        assertThat(second.err()).isEqualTo("ipcell: a planner runs already, with PID " + planner.pid() + "\n");
        assertThat(Cell.call("planner", "run").err()).contains("a planner runs already");
    }

    @Test
    void a_caller_in_another_mount_user_or_pid_namespace_goes_the_cold_way() throws IOException, InterruptedException {
        assertThat(cold(listBy("unshare", "-m"))).isEqualTo("it is in another mnt namespace");
        assertThat(cold(listBy("unshare", "-p", "--fork"))).isEqualTo("it is in another pid namespace");
        assertThat(cold(listBy("unshare", "-U", "-r"))).isEqualTo("it is in another user namespace");
    }

    @Test
    void a_caller_of_another_user_goes_the_cold_way() throws IOException, InterruptedException {
        Files.setPosixFilePermissions(planner.socket(), PosixFilePermissions.fromString("rw-rw-rw-"));
        Files.setPosixFilePermissions(planner.place().resolve("d"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(planner.place(), PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(cold(listBy("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")))
                .isEqualTo("it serves uid 0 only");
    }

    /** So much does not go into a socket at once: the caller is still about to greet when the planner has gone. */
    @Test
    void one_that_refuses_and_hangs_up_before_it_is_greeted_is_heard() throws Exception {
        Path socket = temporary.resolve("refuses");
        List<String> greeting = new ArrayList<>(List.of(Cell.executable().toString(), "--debug"));
        for (int i = 0; i < 8; i++) {
            greeting.add("--root=/" + "./".repeat(50_000));
        }
        greeting.addAll(List.of("--root", "/mnt", "list"));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            Thread refusing = Thread.ofPlatform().start(() -> {
                try (SocketChannel caller = server.accept()) {
                    Executor.refuse(Channels.newOutputStream(caller), "not today");
                } catch (IOException failed) {
                    throw new UncheckedIOException(failed);
                }
            });
            Cell.callPlanner(socket.toString());
            assertThat(cold(Cell.run(Path.of("/"), greeting))).isEqualTo("not today");
            refusing.join();
        } finally {
            Cell.callPlanner(planner.socket().toString());
        }
    }

    @Test
    void a_user_who_is_not_root_has_one_of_his_own() throws IOException, InterruptedException {
        Path runtime = Files.createTempDirectory("ipcell-user");
        Files.setPosixFilePermissions(runtime, PosixFilePermissions.fromString("rwx------"));
        Files.setAttribute(runtime, "unix:uid", 65534);
        List<String> user = List.of(
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "env",
                "-u",
                "IPCELL_PLANNER",
                "XDG_RUNTIME_DIR=" + runtime,
                Cell.executable().toString());
        assertThat(as(user, "planner", "start").err()).isEmpty();
        Cell.Result list = as(user, "--debug", "--root", "/mnt", "list");
        assertThat(warm(list)).as(list.err()).isTrue();
        String status = as(user, "planner", "status").out();
        assertThat(as(user, "planner", "stop").err()).isEmpty();
        assertThat(Cell.call("planner", "status").out().lines().findFirst())
                .as("root's own")
                .isNotEqualTo(status.lines().findFirst());
        WarmPlanner.assertGone(Long.parseLong(status.lines().toList().getFirst().replace("pid: ", "")));
        Files.delete(runtime.resolve("ipcell-planner/pid"));
        Files.delete(runtime.resolve("ipcell-planner"));
        Files.delete(runtime);
    }

    private static Cell.Result as(List<String> user, String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(user);
        command.addAll(List.of(words));
        return Cell.run(Path.of("/"), command);
    }

    @Test
    void root_takes_no_orders_from_another_users_planner() throws IOException, InterruptedException {
        Path place = Files.createTempDirectory("ipcell-other");
        Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path socket = place.resolve("s");
        String script = "import socket,time; s=socket.socket(socket.AF_UNIX); s.bind('" + socket
                + "'); s.listen(); print('up', flush=True); time.sleep(60)";
        Process other = new ProcessBuilder(
                        "setpriv", "--reuid", "65534", "--clear-groups", "/usr/bin/python3", "-c", script)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            assertThat(other.inputReader(UTF_8).readLine()).isEqualTo("up");
            Cell.callPlanner(socket.toString());
            assertThat(cold(list())).isEqualTo("its socket belongs to another user");
        } finally {
            Cell.callPlanner(planner.socket().toString());
            other.destroyForcibly().waitFor();
            Files.deleteIfExists(socket);
            Files.delete(place);
        }
    }

    @Test
    void a_planner_that_stands_still_is_passed_over() throws IOException, InterruptedException {
        signal("STOP", planner.pid());
        try {
            assertThat(cold(list())).isEqualTo("it does not answer");
        } finally {
            signal("CONT", planner.pid());
        }
        assertThat(warm(list())).isTrue();
    }

    @Test
    void one_that_stands_still_can_be_ended() throws IOException, InterruptedException {
        long pid = planner.pid();
        signal("STOP", pid);
        assertThat(Cell.call("planner", "stop").err()).isEmpty();
        WarmPlanner.assertGone(pid);
        assertThat(Cell.call("planner", "start").err()).isEmpty();
        assertThat(warm(list())).isTrue();
    }

    @Test
    void what_a_killed_planner_leaves_is_no_obstacle() throws IOException, InterruptedException {
        signal("KILL", planner.pid());
        WarmPlanner.assertGone(planner.pid());
        assertThat(cold(list())).isEqualTo("Connection refused");
        Cell.Result status = Cell.call("planner", "status");
        assertThat(status.exit()).isEqualTo(1);
        assertThat(status.err())
                .isEqualTo(
                        "ipcell: no resident planner answers: Connection refused; ipcell planner start starts one\n");
        assertThat(Cell.call("planner", "start").err()).isEmpty();
        assertThat(warm(list())).isTrue();
    }

    @Test
    void one_of_another_build_is_passed_over() throws IOException, InterruptedException {
        Path tree = temporary.resolve("other");
        assertThat(Cell.run(temporary, List.of("cp", "-a", Cell.tree().toString(), tree.toString()))
                        .exit())
                .isZero();
        String build = Cell.call("--version").out().lines().toList().get(1).replace("commit: ", "");
        byte[] executor = Files.readAllBytes(tree.resolve("bin/ipcell"));
        String changed = (build.startsWith("0") ? "1" : "0") + build.substring(1);
        Files.write(
                tree.resolve("bin/ipcell"),
                new String(executor, java.nio.charset.StandardCharsets.ISO_8859_1)
                        .replace(build, changed)
                        .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        Files.move(
                tree.resolve("lib/ipcell/ipcell-" + build + ".aot"),
                tree.resolve("lib/ipcell/ipcell-" + changed + ".aot"));
        Cell.Result result = Cell.run(
                Path.of("/"), List.of(tree.resolve("bin/ipcell").toString(), "--debug", "--root", "/mnt", "list"));
        assertThat(cold(result)).isEqualTo("it is of build " + build);
    }

    @Test
    void garbage_and_silence_harm_only_who_sent_them() throws IOException, InterruptedException {
        Random random = new Random(7);
        List<SocketChannel> silent = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            silent.add(SocketChannel.open(UnixDomainSocketAddress.of(planner.socket())));
            byte[] garbage = new byte[random.nextInt(2000)];
            random.nextBytes(garbage);
            try (SocketChannel caller = SocketChannel.open(UnixDomainSocketAddress.of(planner.socket()))) {
                caller.write(ByteBuffer.wrap(garbage));
            }
        }
        // Half a HELLO, and one that promises 16 MiB.
        silent.get(0).write(ByteBuffer.wrap(new byte[] {40, 0, 0, 0, 1, 0x49, 0x50}));
        silent.get(1).write(ByteBuffer.wrap(new byte[] {0, 0, 0, 1, 1}));
        assertThat(warm(list())).isTrue();
        for (SocketChannel caller : silent) {
            caller.close();
        }
        assertThat(warm(list())).isTrue();
    }

    @Test
    void a_planner_at_its_limit_sends_callers_the_cold_way_and_recovers() throws IOException, InterruptedException {
        List<SocketChannel> flood = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            flood.add(SocketChannel.open(UnixDomainSocketAddress.of(planner.socket())));
        }
        assertThat(cold(list())).isEqualTo("it is at its limit of 64 calls at a time");
        for (SocketChannel caller : flood) {
            caller.close();
        }
        for (int i = 0; i < 300 && !warm(list()); i++) {
            Thread.sleep(10);
        }
        assertThat(warm(list())).isTrue();
    }

    @Test
    void who_says_nothing_is_put_out_of_the_door() throws IOException {
        try (SocketChannel caller = SocketChannel.open(UnixDomainSocketAddress.of(planner.socket()))) {
            assertThat(caller.read(ByteBuffer.allocate(1)))
                    .as("the end of the stream")
                    .isEqualTo(-1);
        }
    }

    @Test
    void it_leaves_when_it_has_nothing_to_do() throws IOException, InterruptedException {
        Path place = Files.createTempDirectory("ipcell-idle");
        Path socket = place.resolve("d/socket");
        assertThat(Cell.run(
                                Path.of("/"),
                                List.of(
                                        "env",
                                        "IPCELL_PLANNER=none",
                                        Cell.executable().toString(),
                                        "planner",
                                        "start",
                                        "--socket",
                                        socket.toString(),
                                        "--idle",
                                        "1"))
                        .err())
                .isEmpty();
        long pid = Long.parseLong(Files.readString(place.resolve("d/pid")).strip());
        WarmPlanner.assertGone(pid);
        assertThat(socket).doesNotExist();
        Files.delete(place.resolve("d/pid"));
        Files.delete(place.resolve("d"));
        Files.delete(place);
    }

    @Test
    void a_service_manager_can_hand_it_the_socket() throws IOException, InterruptedException {
        Path place = Files.createTempDirectory("ipcell-activated");
        Path socket = place.resolve("s");
        String script = "import socket,os,sys\n"
                + "s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(16)\n"
                + "os.dup2(s.fileno(),3); os.set_inheritable(3,True)\n"
                + "os.environ.update(LISTEN_FDS='1',LISTEN_PID=str(os.getpid()),IPCELL_PLANNER='none')\n"
                + "os.execv(sys.argv[2],[sys.argv[2],'planner','run','--socket',sys.argv[1]])\n";
        Process activated = new ProcessBuilder(
                        "python3",
                        "-c",
                        script,
                        socket.toString(),
                        Cell.executable().toString())
                .inheritIO()
                .start();
        try {
            for (int i = 0; i < 500 && !Files.exists(socket); i++) {
                Thread.sleep(10);
            }
            Cell.callPlanner(socket.toString());
            for (int i = 0; i < 20 && !warm(list()); i++) {
                Thread.sleep(50);
            }
            assertThat(warm(list())).isTrue();
            assertThat(Cell.call("planner", "status").out()).startsWith("pid: " + activated.pid() + "\n");
        } finally {
            Cell.callPlanner(planner.socket().toString());
            activated.destroy();
            activated.waitFor();
            Files.deleteIfExists(socket);
            Files.deleteIfExists(place.resolve("pid"));
            Files.delete(place);
        }
    }

    @Test
    void fifty_calls_at_once_are_all_answered() throws Exception {
        long before = planner.requests();
        List<Process> calls = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            ProcessBuilder call = new ProcessBuilder(Cell.executable().toString(), "--root", "/mnt", "list", "-q")
                    .redirectErrorStream(true);
            call.environment().put("IPCELL_PLANNER", planner.socket().toString());
            calls.add(call.start());
        }
        for (Process call : calls) {
            assertThat(call.inputReader(UTF_8).readAllAsString()).isEmpty();
            assertThat(call.waitFor()).isZero();
        }
        assertThat(planner.requests()).isEqualTo(before + 51);
    }

    @Test
    void a_socket_that_nobody_accepts_on_is_passed_over() throws IOException, InterruptedException {
        Path socket = Files.createTempDirectory("ipcell-full").resolve("s");
        try (ServerSocketChannel full = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            full.bind(UnixDomainSocketAddress.of(socket), 1);
            List<SocketChannel> waiting = new ArrayList<>();
            waiting.add(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
            waiting.add(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
            Cell.callPlanner(socket.toString());
            assertThat(cold(list())).isEqualTo("Resource temporarily unavailable");
            for (SocketChannel caller : waiting) {
                caller.close();
            }
        } finally {
            Cell.callPlanner(planner.socket().toString());
            Files.delete(socket);
            Files.delete(socket.getParent());
        }
    }
}
