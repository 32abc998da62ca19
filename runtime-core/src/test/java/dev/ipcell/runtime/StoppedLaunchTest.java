// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What other calls do between two operations of a launch, however short the time between them may be. */
@Tag("root")
class StoppedLaunchTest extends BundleTest {
    @BeforeEach
    void write_the_bundle() throws IOException {
        bundle.script("exec sleep 1000").write();
    }

    private static String refusal(Process call) throws IOException, InterruptedException {
        assertThat(call.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(call.exitValue()).isEqualTo(1);
        return new String(call.getInputStream().readAllBytes(), UTF_8);
    }

    /** The directory was made, taken away by the delete, and made again by the other call before it was opened. */
    @ParameterizedTest
    @ValueSource(strings = {"create", "run"})
    void a_launch_does_not_take_the_directory_that_another_made(String command) throws Exception {
        Process first = stoppedWithADirectory(command, 0);
        assertThat(bundle.call("delete", "--force").err()).isEmpty();
        assertThat(bundle.create().err()).isEmpty();
        StoppedCall.signal(first, "CONT");
        assertThat(refusal(first))
                .startsWith("ipcell: container with given ID already exists")
                .hasLineCount(1);
        assertThat(bundle.call("state").out()).contains("\"created\"");
        assertThat(bundle.call("start").err()).isEmpty();
        assertThat(bundle.call("exec", "true").exit()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void a_launch_whose_directory_a_forced_delete_took_says_so(int later) throws Exception {
        Process create = stoppedWithADirectory("create", later);
        assertThat(bundle.call("delete", "--force").err()).isEmpty();
        StoppedCall.signal(create, "CONT");
        assertThat(refusal(create))
                .isEqualTo("ipcell: container \"" + bundle.id()
                        + "\" was deleted by another call while it was being made\n");
        Leftovers.assertNone(bundle);
    }

    /** The first opened what was deleted then; the directory of that name is the second's when the first gives up. */
    @Test
    void a_launch_whose_directory_a_forced_delete_took_leaves_that_of_the_next_launch() throws Exception {
        int made = operationWithADirectory("create", 0);
        Process first = stopped("create", made + 1);
        assertThat(bundle.call("delete", "--force").err()).isEmpty();
        Process second = stopped("create", made);
        StoppedCall.signal(first, "CONT");
        assertThat(refusal(first)).contains("was deleted by another call while it was being made");
        StoppedCall.signal(second, "CONT");
        assertThat(second.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(second.exitValue()).isZero();
        assertThat(bundle.call("start").err()).isEmpty();
        assertThat(bundle.call("exec", "true").exit()).isZero();
    }

    /** One that runs in the foreground cleans up at its end, even if another call has done that, and one more has taken the name. */
    @ParameterizedTest
    @ValueSource(strings = {"CONT", "KILL"})
    void a_run_that_ends_late_leaves_a_container_that_was_made_anew(String signal) throws Exception {
        Path hooked = temporary.resolve("hooked");
        bundle.merge("{\"hooks\": {\"poststop\": [{\"path\": \"/bin/sh\", \"args\": [\"sh\", \"-c\", \"echo >> "
                + hooked + "\"]}]}}");
        bundle.write();
        Process run = runs();
        StoppedCall.signal(run, "STOP");
        assertThat(bundle.call("delete", "--force").err()).isEmpty();
        assertThat(hooked).hasContent("\n");
        assertThat(bundle.create().err()).isEmpty();
        assertThat(bundle.call("start").err()).isEmpty();
        StoppedCall.signal(run, signal);
        assertThat(run.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(run.exitValue()).isEqualTo(128 + 9);
        assertThat(new String(run.getInputStream().readAllBytes(), UTF_8)).isEmpty();
        assertThat(bundle.call("state").out()).contains("\"running\"");
        assertThat(bundle.call("exec", "true").exit()).isZero();
        assertThat(hooked).hasContent("\n");
    }

    private Process runs() throws Exception {
        Process run = bundle.begin("run", "--bundle=" + bundle.directory());
        for (int i = 0; bundle.call("exec", "true").exit() != 0; i++) {
            assertThat(run.isAlive()).isTrue();
            assertThat(i).isLessThan(1000);
        }
        return run;
    }

    /** Another call on the container, that takes its time. */
    private Process holder() throws IOException {
        Path directory = bundle.root().resolve(bundle.id());
        Process holder = new ProcessBuilder(
                        "flock", "--no-fork", directory.toString(), "sh", "-c", "echo; exec sleep 1000")
                .start();
        assertThat(holder.getInputStream().read()).isEqualTo('\n');
        return holder;
    }

    @Test
    void the_process_of_a_run_that_is_killed_does_not_live_on_while_another_call_is_at_its_container()
            throws Exception {
        Process run = runs();
        Path process = Path.of("/proc", bundle.call("ps", "--format=json").out().replaceAll("[^0-9]", ""));
        assertThat(process.resolve("stat")).exists();
        Process holder = holder();
        try {
            run.destroyForcibly().waitFor();
            for (int i = 0; i < 1000 && Files.exists(process); i++) {
                Thread.sleep(5);
            }
            assertThat(process).doesNotExist();
            assertThat(bundle.root().resolve(bundle.id())).exists();
        } finally {
            holder.destroyForcibly().waitFor();
        }
        Leftovers.assertNone(bundle);
    }

    /** With version 1 of cgroups what is frozen does not die. */
    @Test
    void a_run_that_is_killed_while_its_container_is_paused_leaves_nothing() throws Exception {
        Process run = runs();
        assertThat(bundle.call("pause").err()).isEmpty();
        run.destroyForcibly().waitFor();
        Leftovers.assertNone(bundle);
    }

    /** It had opened the directory of the other, and is killed while it waits for its lock. */
    @Test
    void a_launch_that_never_had_the_directory_runs_no_poststop_hooks() throws Exception {
        Path hooked = temporary.resolve("hooked");
        bundle.merge("""
                {"hooks": {"poststop": [{"path": "/bin/sh", "args": ["sh", "-c", "echo >> %s"]}]}}""".formatted(hooked)).write();
        Process first = stopped("create", operationWithADirectory("create", 0));
        Files.deleteIfExists(hooked);
        assertThat(bundle.call("delete", "--force").err()).isEmpty();
        Path directory = Files.createDirectory(bundle.root().resolve(bundle.id()));
        Process holder = holder();
        try {
            StoppedCall.signal(first, "CONT");
            Path lock = directory.toRealPath();
            for (int i = 0; i < 1000 && !hasOpen(first, lock); i++) {
                Thread.sleep(5);
            }
            assertThat(hasOpen(first, lock)).isTrue();
            Files.createFile(directory.resolve("state of the other"));
            first.destroyForcibly().waitFor();
        } finally {
            holder.destroyForcibly().waitFor();
        }
        for (int i = 0; i < 2000 && Leftovers.hasHelpers(bundle); i++) {
            Thread.sleep(5);
        }
        assertThat(Leftovers.hasHelpers(bundle)).isFalse();
        assertThat(hooked).doesNotExist();
        assertThat(directory.resolve("state of the other")).exists();
        Files.delete(directory.resolve("state of the other"));
        Files.delete(directory);
    }

    private static boolean hasOpen(Process call, Path directory) throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + call.pid() + "/fd"))) {
            for (Path descriptor : (Iterable<Path>) descriptors::iterator) {
                if (Files.isSymbolicLink(descriptor)
                        && Files.readSymbolicLink(descriptor).equals(directory)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** A launch that stands still so many operations after the one after that which made the container's directory. */
    private Process stoppedWithADirectory(String command, int later) throws Exception {
        return stopped(command, operationWithADirectory(command, later));
    }

    private Process stopped(String command, int operation) throws Exception {
        Process call = begin(command, operation);
        assertThat(StoppedCall.isStopped(call)).isTrue();
        return call;
    }

    /** A launch that stands still before this operation or has ended. */
    private Process begin(String command, int operation) throws Exception {
        String end = command.equals("run") ? "--detach" : "--no-new-keyring";
        Process call = bundle.begin(command, "--bundle=" + bundle.directory(), StoppedCall.before(operation), end);
        while (call.isAlive() && !StoppedCall.isStopped(call)) {
            Thread.sleep(1);
        }
        return call;
    }

    /** The number of the operation so many after the one after that which makes the container's directory. */
    private int operationWithADirectory(String command, int later) throws Exception {
        Path directory = bundle.root().resolve(bundle.id());
        int found = 0;
        for (int operation = 1; operation < 100; operation++) {
            Process call = begin(command, operation);
            boolean isThere = call.isAlive() && Files.exists(directory);
            // If it has ended, no operation has this number.
            call.destroyForcibly().waitFor();
            nothing_is_left();
            if (isThere && found++ == later) {
                return operation;
            }
        }
        throw new AssertionError("no operation makes " + directory);
    }
}
