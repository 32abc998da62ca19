// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signals to a call whose process does not run its program yet, or only just. */
@Tag("root")
class LaunchSignalTest extends BundleTest {
    private static final String TRAP = "trap 'echo got it; exit 7' TERM; echo ready; while :; do sleep 0.01; done";

    /** No exec has more operations. */
    private static final int LAST = 60;

    private static WarmPlanner planner;

    private Path log;

    @BeforeAll
    static void start_a_planner() throws IOException, InterruptedException {
        planner = WarmPlanner.start();
    }

    @AfterAll
    static void it_was_the_planner_that_answered() throws IOException, InterruptedException {
        assertThat(planner.requests()).isGreaterThan(5);
        planner.stop();
    }

    @BeforeEach
    void write_the_bundle() throws IOException, InterruptedException {
        log = Files.createDirectory(temporary.resolve("log"));
        bundle.ownRoot();
        bundle.mount("{\"destination\": \"/log\", \"type\": \"bind\", \"source\": \"" + log
                + "\", \"options\": [\"rbind\"]}");
        bundle.script(TRAP).write();
    }

    private Process run(String... options) throws IOException {
        List<String> words = new ArrayList<>(List.of("--bundle=" + bundle.directory()));
        words.addAll(List.of(options));
        return bundle.begin("run", words.toArray(new String[0]));
    }

    /** A hook that says that it is there and waits. */
    private void hook(String kind, String where) throws Exception {
        String script = "echo > WHERE/begun; while [ ! -e WHERE/go ]; do sleep 0.01; done; echo > WHERE/went"
                .replace("WHERE", where);
        bundle.merge("{\"hooks\": {\"" + kind + "\": [{\"path\": \"/bin/sh\", \"args\": [\"sh\", \"-c\", \"" + script
                        + "\"], \"env\": [\"PATH=/bin:/usr/bin\"]}]}}")
                .write();
    }

    private void await(String file) throws InterruptedException {
        for (int i = 0; i < 3000 && !Files.exists(log.resolve(file)); i++) {
            Thread.sleep(5);
        }
        assertThat(log.resolve(file)).exists();
    }

    private static void assertEnded(Process call, int status, String output) throws IOException, InterruptedException {
        assertThat(call.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(new String(call.getInputStream().readAllBytes(), UTF_8)).isEqualTo(output);
        assertThat(call.exitValue()).isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"createContainer", "startContainer"})
    void before_the_program_runs_it_ends_the_launch(String kind) throws Exception {
        hook(kind, kind.equals("startContainer") ? "/log" : log.toString());
        Process run = run();
        await("begun");
        StoppedCall.signal(run, "TERM");
        assertEnded(run, 143, "ipcell: interrupted by SIGTERM; everything was undone\n");
        Leftovers.assertNone(bundle);
        assertThat(log.resolve("went")).doesNotExist();
    }

    private void poststop(String script) throws Exception {
        bundle.merge("{\"hooks\": {\"poststop\": [{\"path\": \"/bin/sh\", \"args\": [\"sh\", \"-c\", \""
                        + script.replace("LOG", log.toString())
                        + "\"], \"env\": [\"PATH=/bin:/usr/bin\"]}, "
                        + "{\"path\": \"/bin/sh\", \"args\": [\"sh\", \"-c\", \"echo >> "
                        + log + "/second\"]}]}}")
                .write();
    }

    /** The signal ends what makes the container, not what takes it away. */
    @ParameterizedTest
    @ValueSource(strings = {"create", "run"})
    void a_launch_that_it_ends_has_its_poststop_hooks_run_to_their_end(String command) throws Exception {
        hook("createContainer", log.toString());
        poststop("sleep 0.3; echo > LOG/done");
        Process call = bundle.begin(command, "--bundle=" + bundle.directory());
        await("begun");
        StoppedCall.signal(call, "TERM");
        assertEnded(call, 143, "ipcell: interrupted by SIGTERM; everything was undone\n");
        assertThat(log.resolve("done")).exists();
        assertThat(log.resolve("second")).hasContent("\n");
        Leftovers.assertNone(bundle);
    }

    @Test
    void one_that_comes_while_a_poststop_hook_runs_ends_that() throws Exception {
        bundle.script("echo");
        poststop("echo > LOG/begun; while [ ! -e LOG/go ]; do sleep 0.01; done; echo > LOG/done");
        Process run = run();
        await("begun");
        StoppedCall.signal(run, "TERM");
        assertThat(run.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(run.exitValue()).isEqualTo(143);
        assertThat(log.resolve("done")).doesNotExist();
        assertThat(log.resolve("second")).hasContent("\n");
        Leftovers.assertNone(bundle);
    }

    @Test
    void the_poststop_hooks_of_a_run_that_is_killed_meanwhile_are_run_again_from_that_on() throws Exception {
        bundle.script("echo");
        poststop("echo >> LOG/begun; [ $(wc -l < LOG/begun) = 2 ] || exec sleep 1000; echo >> LOG/done");
        Process run = run();
        await("begun");
        run.destroyForcibly().waitFor();
        await("second");
        Leftovers.assertNone(bundle);
        assertThat(log.resolve("begun")).hasContent("\n\n");
        assertThat(log.resolve("done")).hasContent("\n");
        assertThat(log.resolve("second")).hasContent("\n");
    }

    private static final String KILLED =
            "ipcell: config.json /process/args: the new process was ended by SIGKILL before its program"
                    + " ran; is the container's limit of memory too low for it?\n";

    @Test
    void a_process_that_is_killed_before_its_program_runs_is_told() throws Exception {
        hook("startContainer", "/log");
        Path pidFile = temporary.resolve("pid");
        Process run = run("--pid-file=" + pidFile);
        await("begun");
        ProcessHandle.of(Long.parseLong(Files.readString(pidFile)))
                .orElseThrow()
                .destroyForcibly();
        assertEnded(run, 1, KILLED);
        Leftovers.assertNone(bundle);
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "create"})
    void so_is_one_that_its_limit_of_memory_has_no_room_for(String command) throws Exception {
        bundle.merge("{\"linux\": {\"resources\": {\"memory\": {\"limit\": 4096}}}}")
                .write();
        assertEnded(bundle.begin(command, "--bundle=" + bundle.directory()), 1, KILLED);
        Leftovers.assertNone(bundle);
    }

    @Test
    void while_hooks_follow_the_start_of_the_program_it_waits_and_reaches_that() throws Exception {
        hook("poststart", log.toString());
        Process run = run();
        await("begun");
        StoppedCall.signal(run, "TERM");
        Thread.sleep(20);
        Files.createFile(log.resolve("go"));
        assertEnded(run, 7, "ready\ngot it\n");
        assertThat(log.resolve("went")).exists();
    }

    /** The last two operations before which exec can stand still while the program runs are those that await and supervise it. */
    @Test
    void it_reaches_a_program_of_exec_that_runs_already_though_the_call_has_not_noticed() throws Exception {
        assertThat(bundle.script("exec sleep 1000").detached().err()).isEmpty();
        int stops = 0;
        for (int operation = LAST; operation > 0 && stops < 2; operation--) {
            String stop = StoppedCall.before(operation);
            Process call = bundle.begin("exec", stop, "sh", "-c", TRAP);
            BufferedReader output = call.inputReader();
            assertThat(output.readLine()).isEqualTo("ready");
            stops += StoppedCall.stops(call) ? 1 : 0;
            StoppedCall.signal(call, "TERM");
            StoppedCall.goOn(call);
            assertThat(output.readLine()).as(stop).isEqualTo("got it");
            // Behind these two are others, before which it may stand still now.
            StoppedCall.goOn(call);
            assertThat(call.waitFor()).as(stop).isEqualTo(7);
        }
        assertThat(stops).isEqualTo(2);
    }
}
