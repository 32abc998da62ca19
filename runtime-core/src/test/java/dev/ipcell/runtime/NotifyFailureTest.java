// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

/** A {@code NOTIFY_SOCKET} of no use, calls that are disturbed while they wait, and containers that mean harm. */
@Tag("root")
class NotifyFailureTest {
    @TempDir
    Path temporary;

    private Path place;
    private ServiceManager manager;
    private NotifyBundle container;

    @BeforeEach
    void a_service_manager_listens() throws IOException, InterruptedException {
        place = Files.createTempDirectory("ipcell-notify");
        manager = ServiceManager.at(place.resolve("socket").toString());
        container = new NotifyBundle(temporary, "READY=1", "sleep 100");
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        manager.close();
        Files.deleteIfExists(place.resolve("socket"));
        Files.delete(place);
        assertThat(container.bundle().call("delete", "--force").err()).isEmpty();
        Leftovers.assertNone(container.bundle());
    }

    private void refused(Cell.Result result, String... texts) {
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err())
                .startsWith("ipcell: NOTIFY_SOCKET (")
                .contains(texts)
                .hasLineCount(1);
    }

    private String status() throws IOException, InterruptedException {
        return container.bundle().call("state").out();
    }

    @ParameterizedTest
    @CsvSource({
        "/nowhere/socket, connect: no such file or directory (ENOENT)",
        "/etc/passwd, connect: connection refused (ECONNREFUSED)",
        "@ipcell-test-nobody, connect: connection refused (ECONNREFUSED)",
        "relative/socket, neither an absolute path nor @",
        "vsock:2:1234, neither an absolute path nor @",
        "@, neither an absolute path nor @",
        "/LONG, has 109 bytes"
    })
    void a_useless_socket_is_told_before_the_container_runs(String name, String told)
            throws IOException, InterruptedException {
        String socket = name.replace("LONG", "l".repeat(108));
        refused(container.call(socket, "run", "--detach"), socket, told);
        Leftovers.assertNone(container.bundle());
        if (told.contains("connect")) {
            assertThat(container.call(socket, "create").err()).isEmpty();
            refused(container.call(socket, "start"), socket, told);
            assertThat(status()).contains("\"created\"");
        } else {
            refused(container.call(socket, "create"), socket, told);
        }
    }

    @Test
    void a_container_that_was_created_without_cannot_be_started_with_it() throws IOException, InterruptedException {
        assertThat(container.call("", "create").err()).isEmpty();
        refused(container.call(manager.name(), "start"), "created without it");
        assertThat(status()).contains("\"created\"");
        assertThat(container.call("", "start").err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "KILL"})
    void a_detached_run_that_is_ended_while_it_waits_leaves_nothing(String signal)
            throws IOException, InterruptedException {
        container.says("sleep 100");
        Process call = container.begin(manager.name(), "run", "--detach");
        awaitRunning();
        end(call, signal);
        Leftovers.assertNone(container.bundle());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "KILL"})
    void a_start_that_is_ended_while_it_waits_leaves_the_container_and_no_socket(String signal)
            throws IOException, InterruptedException {
        container.says("sleep 100");
        assertThat(container.call(manager.name(), "create").err()).isEmpty();
        Process call = container.begin(manager.name(), "start");
        awaitRunning();
        assertThat(container.directory().resolve("notify.sock")).exists();
        end(call, signal);
        for (int i = 0; i < 500 && Leftovers.hasHelpers(container.bundle()); i++) {
            Thread.sleep(10);
        }
        assertThat(container.directory().resolve("notify.sock")).doesNotExist();
        assertThat(status()).contains("\"running\"");
    }

    /** It listens until it hears of its container's end; the name may be another's by then. */
    @Test
    void a_call_that_ends_late_leaves_the_socket_of_a_container_that_was_made_anew() throws Exception {
        container.says("sleep 100");
        Process late = container.beginCold(manager.name(), "run", "--detach");
        awaitRunning();
        String jvm = Long.toString(late.children().findFirst().orElseThrow().pid());
        Cell.run(Path.of("/"), List.of("kill", "-STOP", jvm));
        assertThat(container.bundle().call("delete", "--force").err()).isEmpty();
        assertThat(container.call(manager.name(), "create").err()).isEmpty();
        Process start = container.begin(manager.name(), "start");
        awaitRunning();
        assertThat(container.directory().resolve("notify.sock")).exists();
        Cell.run(Path.of("/"), List.of("kill", "-CONT", jvm));
        assertThat(late.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(container.directory().resolve("notify.sock")).exists();
        end(start, "TERM");
    }

    private void awaitRunning() throws IOException, InterruptedException {
        for (int i = 0; i < 1000 && !status().contains("\"running\""); i++) {
            Thread.sleep(10);
        }
        assertThat(status()).contains("\"running\"");
    }

    private static void end(Process call, String signal) throws IOException, InterruptedException {
        Cell.run(Path.of("/"), List.of("kill", "-" + signal, Long.toString(call.pid())));
        assertThat(call.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void a_service_manager_that_goes_away_is_told_of_by_the_call() throws IOException, InterruptedException {
        container.says("sleep 2", "READY=1", "sleep 100");
        Process call = container.begin(manager.name(), "run", "--detach");
        awaitRunning();
        manager.close();
        assertThat(call.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(new String(call.getInputStream().readAllBytes(), UTF_8))
                .startsWith("ipcell: NOTIFY_SOCKET (")
                .contains("nobody could be told", "ECONNREFUSED")
                .hasLineCount(1);
        assertThat(call.exitValue()).isEqualTo(1);
        Leftovers.assertNone(container.bundle());
    }

    @Test
    void a_link_in_the_image_does_not_lead_the_directory_out_of_it() throws IOException, InterruptedException {
        Path outside = Files.createDirectory(temporary.resolve("outside"));
        Path root = Files.createDirectory(temporary.resolve("image"));
        Cell.run(
                temporary,
                List.of("sh", "-c", "cp -a " + Cell.busybox() + "/. " + root + " && mkdir -p " + root + "/run"));
        Files.createSymbolicLink(root.resolve("run/notify"), Path.of("../../../../../../../../../.." + outside));
        container
                .bundle()
                .removeMount("/run")
                .replace(Cell.property("ipcell.rootfs.debian"), root.toString())
                .replace("\"readonly\": true", "\"readonly\": false")
                .script("ls -d /run/notify/notify.sock " + outside + "/notify.sock; sleep 100");
        Process call = container.begin(manager.name(), "run", "--detach");
        awaitRunning();
        Cell.Result seen = container.bundle().call("exec", "ls", "-a", outside.toString());
        assertThat(seen.out().lines()).as("inside of the image").contains("notify.sock");
        assertThat(outside).as("outside of it").isEmptyDirectory();
        end(call, "TERM");
    }

    @Test
    void whatever_a_privileged_container_makes_of_the_directory_goes_with_it()
            throws IOException, InterruptedException {
        Path precious = Files.createDirectory(temporary.resolve("precious"));
        Files.writeString(precious.resolve("file"), "kept");
        container.bundle().replace("\"bounding\": [", "\"bounding\": [\"CAP_SYS_ADMIN\",");
        container.bundle().replace("\"effective\": [", "\"effective\": [\"CAP_SYS_ADMIN\",");
        container.bundle().replace("\"permitted\": [", "\"permitted\": [\"CAP_SYS_ADMIN\",");
        container
                .bundle()
                .replace(Cell.property("ipcell.rootfs.debian"), Cell.busybox().toString())
                .script(
                        "mount -o remount,bind,rw /run/notify && cd /run/notify && rm notify.sock && mkdir -p notify.sock/deep"
                                + " && ln -s " + precious + " link && ln -s " + precious + " notify.sock/deep/link"
                                + " && echo x > file");
        assertThat(container.call(manager.name(), "run", "--detach").err()).isEmpty();
        assertThat(container.directory().resolve("notify.sock/deep"))
                .as("it could")
                .isDirectory();
        assertThat(container.bundle().call("delete").err()).isEmpty();
        Leftovers.assertNone(container.bundle());
        assertThat(precious.resolve("file")).hasContent("kept");
    }

    @Test
    void the_library_is_needed_only_with_a_socket() throws IOException, InterruptedException {
        Path copy = temporary.resolve("copy");
        Cell.run(temporary, List.of("cp", "-a", Cell.tree().toString(), copy.toString()));
        Cell.run(temporary, List.of("rm", "-r", copy.resolve("lib/ipcell/jnr").toString()));
        container.by(copy.resolve("bin/ipcell").toString()).says("sleep 100"); // to say more it would need a socket
        assertThat(container.call("", "run", "--detach").err()).isEmpty();
        assertThat(container.call("", "delete", "--force").err()).isEmpty();
        refused(container.call(manager.name(), "run", "--detach"), "library", "reinstall");
        Leftovers.assertNone(container.bundle());
    }

    @Test
    void a_resident_planner_is_passed_over_by_a_call_that_waits() throws IOException, InterruptedException {
        WarmPlanner planner = WarmPlanner.start();
        try {
            long before = planner.requests();
            assertThat(container.call(manager.name(), "run", "--detach").err()).isEmpty();
            manager.await(3);
            assertThat(planner.requests()).as("only the question itself").isEqualTo(before + 1);
            assertThat(container.bundle().call("delete", "--force").err()).isEmpty();
            assertThat(planner.requests()).as("other calls are served").isEqualTo(before + 3);
        } finally {
            planner.stop();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void a_start_that_is_disturbed_leaves_no_socket(int operation) throws IOException, InterruptedException {
        assertThat(container.call(manager.name(), "create").err()).isEmpty();
        String action = List.of("fail", "kill-executor", "kill-planner").get(operation % 3);
        container.call(manager.name(), "start", "--inject-fault=" + action + "@" + operation);
        for (int i = 0; i < 500 && Leftovers.hasHelpers(container.bundle()); i++) {
            Thread.sleep(10);
        }
        assertThat(status()).containsAnyOf("\"created\"", "\"running\"");
        assertThat(container.directory()).isEmptyDirectory();
    }
}
