// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.runtime.ServiceManager.Message;
import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.State;
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
import org.junit.jupiter.params.provider.ValueSource;

/** What a service manager hears of a container that tells when it is ready (sd_notify(3)); where runc does the same, it is asked too. */
@Tag("root")
class NotifyTest {
    private static final String READY = "'READY=1\\n'";
    private static final String BARRIER = "'BARRIER=1'";

    @TempDir
    Path temporary;

    private Path place;
    private ServiceManager manager;
    private NotifyBundle container;

    @BeforeEach
    void a_service_manager_listens() throws IOException, InterruptedException {
        place = Files.createTempDirectory("ipcell-notify");
        manager = ServiceManager.at(place.resolve("socket").toString());
        container = new NotifyBundle(temporary);
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        manager.close();
        Files.deleteIfExists(place.resolve("socket"));
        Files.delete(place);
        container.bundle().call("delete", "--force");
        Leftovers.assertNone(container.bundle());
    }

    private void use(String runtime) {
        if (!runtime.equals("ipcell")) {
            container.by(runtime);
        }
    }

    private Cell.Result call(String command, String... options) throws IOException, InterruptedException {
        return container.call(manager.name(), command, options);
    }

    private static void ok(Cell.Result result) {
        assertThat(result.err()).isEmpty();
        assertThat(result.exit()).isZero();
    }

    private State state() throws IOException, InterruptedException {
        try {
            return State.read(container.call("", "state").out().getBytes(UTF_8));
        } catch (InvalidSpecException damaged) {
            throw new AssertionError(damaged);
        }
    }

    private void deleteAs(String runtime) throws IOException, InterruptedException {
        if (!runtime.equals("ipcell")) {
            container.call("", "delete", "--force");
        }
    }

    private static String mainPid(long pid) {
        return "'MAINPID=" + pid + "\\n'";
    }

    /** All of it comes from the process that the service manager started. */
    private void told(String runtime, Process call, long mainPid) throws InterruptedException {
        List<Message> news = List.of(new Message(call.pid(), 0, READY), new Message(call.pid(), 0, mainPid(mainPid)));
        if (runtime.equals("runc")) { // which asks for no barrier before 1.2
            assertThat(manager.await(2)).startsWith(news.toArray(new Message[0]));
        } else {
            assertThat(manager.await(3))
                    .startsWith(news.toArray(new Message[0]))
                    .endsWith(new Message(call.pid(), 1, BARRIER));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ipcell", "runc"})
    void a_detached_run_returns_when_the_container_is_ready_and_names_its_process(String runtime)
            throws IOException, InterruptedException {
        use(runtime);
        container.says("STATUS=begins", "sleep 1", "READY=1", "STOPPING=1", "sleep 100");
        Process call = container.begin(manager.name(), "run", "--detach");
        assertThat(call.waitFor(500, TimeUnit.MILLISECONDS))
                .as("returned too early")
                .isFalse();
        assertThat(call.waitFor(30, TimeUnit.SECONDS)).as("ready").isTrue();
        assertThat(call.exitValue()).isZero();
        long pid = state().pid();
        told(runtime, call, pid);
        deleteAs(runtime);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ipcell", "runc"})
    void a_start_returns_when_the_container_is_ready(String runtime) throws IOException, InterruptedException {
        use(runtime);
        container.says("sleep 1", "READY=1", "sleep 100");
        ok(call("create"));
        assertThat(manager.heard()).isEmpty();
        Process call = container.begin(manager.name(), "start");
        assertThat(call.waitFor(500, TimeUnit.MILLISECONDS))
                .as("returned too early")
                .isFalse();
        assertThat(call.waitFor(30, TimeUnit.SECONDS)).as("ready").isTrue();
        assertThat(call.exitValue()).isZero();
        long pid = state().pid();
        told(runtime, call, pid);
        deleteAs(runtime);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ipcell", "runc"})
    void a_run_in_the_foreground_names_itself(String runtime) throws IOException, InterruptedException {
        use(runtime);
        container.says("READY=1", "sleep 1", "sh exit 7");
        Process call = container.begin(manager.name(), "run");
        told(runtime, call, call.pid());
        assertThat(call.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(call.exitValue()).isZero();
    }

    @Test
    void a_run_in_the_foreground_holds_no_jvm_once_the_container_is_ready() throws IOException, InterruptedException {
        container.says("sleep 1", "READY=1", "sleep 100");
        Process call = container.begin(manager.name(), "run");
        manager.await(3);
        for (int i = 0; i < 500 && jvms(call) > 0; i++) {
            Thread.sleep(10);
        }
        assertThat(jvms(call)).isZero();
        assertThat(container.directory().resolve("notify.sock")).doesNotExist();
        assertThat(state().status().wire()).isEqualTo("running");
        ok(container.bundle().call("kill", "KILL"));
        assertThat(call.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(call.exitValue()).isEqualTo(137);
    }

    private static long jvms(Process call) {
        return call.children()
                .filter(child -> child.info().command().orElse("").endsWith("/java"))
                .count();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ipcell", "runc"})
    void the_container_sees_the_socket_and_can_change_nothing_about_it(String runtime)
            throws IOException, InterruptedException {
        use(runtime);
        container.bundle().replace("\"env\": [", "\"env\": [\"NOTIFY_SOCKET=/the/images/own\",");
        container.says(
                "sh echo $NOTIFY_SOCKET; stat -c %a%F /run/notify /run/notify/*; grep /run/notify /proc/self/mountinfo | cut -d' ' -f5,6"
                        + "; touch /run/notify/x 2>&1; env | grep -c ^NOTIFY_SOCKET",
                "READY=1", "sleep 1");
        Cell.Result result = call("run");
        assertThat(result.out().lines())
                .containsExactly(
                        "/run/notify/notify.sock",
                        "755directory",
                        "777socket",
                        "/run/notify ro,nosuid,nodev,noexec,relatime",
                        "touch: cannot touch '/run/notify/x': Read-only file system",
                        "1");
    }

    @Test
    void only_that_it_is_ready_goes_further_and_only_once() throws IOException, InterruptedException {
        container.says(
                "MAINPID=1\\nSTATUS=x\\nWATCHDOG=1",
                "READY=0",
                "NOT_READY=1",
                "READY=1 ",
                "",
                "\u0001\u0002\u00ff\\n\\n",
                "READY=1\\nBIG",
                "BARRIER=1",
                "sleep 0.3",
                "ERRNO=5\\nREADY=1\\nMAINPID=1",
                "READY=1",
                "READY=1",
                "sleep 100");
        ok(call("run", "--detach"));
        manager.await(3);
        Thread.sleep(300);
        assertThat(manager.texts()).containsExactly(READY, mainPid(state().pid()), BARRIER);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--detach", "--keep"})
    void a_run_ends_with_a_container_that_ends_before_it_is_ready(String option)
            throws IOException, InterruptedException {
        container.says("STATUS=fails", "sleep 0.2");
        ok(call("run", option));
        assertThat(manager.heard()).isEmpty();
        assertThat(state().status().wire()).isEqualTo("stopped");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ipcell", "runc"})
    void a_start_ends_with_a_container_that_ends_before_it_is_ready(String runtime)
            throws IOException, InterruptedException {
        use(runtime);
        container.says("sleep 0.2");
        ok(call("create"));
        ok(call("start"));
        deleteAs(runtime);
        assertThat(manager.heard()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--detach", "--keep"})
    void what_a_container_says_right_before_its_end_is_told(String option) throws IOException, InterruptedException {
        container.says("READY=1");
        ok(call("run", option));
        assertThat(manager.await(2)).first().extracting(Message::text).isEqualTo(READY);
    }

    @Test
    void an_abstract_name_works_too() throws IOException, InterruptedException {
        String name = "@ipcell-test/" + container.bundle().id();
        try (ServiceManager other = ServiceManager.at(name)) {
            container.says("READY=1", "sleep 100");
            ok(container.call(name, "run", "--detach"));
            assertThat(other.await(3)).extracting(Message::text).startsWith(READY);
        }
    }

    @Test
    void a_name_with_letters_of_several_bytes_works_too() throws IOException, InterruptedException {
        Path file = place.resolve("sockét");
        try (ServiceManager other = ServiceManager.at(file.toString())) {
            container.says("READY=1", "sleep 100");
            ok(container.call(file.toString(), "run", "--detach"));
            other.await(3);
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void any_user_of_a_container_with_user_ids_of_its_own_can_tell() throws IOException, InterruptedException {
        container.bundle().userNamespace().replace("\"uid\": 0", "\"uid\": 1000");
        container.says("READY=1", "sleep 100");
        ok(call("run", "--detach"));
        manager.await(3);
    }

    @Test
    void other_calls_reach_the_container_meanwhile() throws IOException, InterruptedException {
        container.says("sh while ! [ -e /run/go ]; do sleep 0.1; done", "READY=1", "sleep 100");
        Process call = container.begin(manager.name(), "run", "--detach");
        for (int i = 0; i < 500 && container.call("", "state").exit() != 0; i++) {
            Thread.sleep(10);
        }
        ok(container.bundle().call("pause"));
        ok(container.bundle().call("resume"));
        ok(container.bundle().call("exec", "touch", "/run/go"));
        assertThat(call.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(call.exitValue()).isZero();
        manager.await(3);
    }

    @Test
    void a_service_manager_that_answers_no_barrier_is_waited_for_half_a_minute()
            throws IOException, InterruptedException {
        Path file = place.resolve("deaf");
        try (ServiceManager deaf = ServiceManager.at(file.toString(), "deaf")) {
            container.says("READY=1", "sleep 100");
            long start = System.nanoTime();
            ok(container.call(file.toString(), "run", "--detach"));
            assertThat(System.nanoTime() - start).isBetween(30_000_000_000L, 50_000_000_000L);
            deaf.await(3);
        } finally {
            Files.delete(file);
        }
    }
}
