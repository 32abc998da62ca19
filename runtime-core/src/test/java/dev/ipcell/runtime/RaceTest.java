// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.runtime.lifecycle.ContainerDelete;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.Fault;
import dev.ipcell.shim.SpawnedExecutor;
import dev.ipcell.shim.SpawnedExecutor.Stdio;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two calls on one container at the same time, by processes of their own; the second begins later and later while the first goes on. */
@Tag("root")
class RaceTest {
    private static final int ROUNDS = 15;

    /** So that the last round's second call begins after the first has ended, on a quiet machine. */
    private static final int STEP_MICROS = 2000;

    private static WarmPlanner planner;

    @TempDir
    Path temporary;

    private TestBundle bundle;

    @BeforeAll
    static void start_a_planner() throws IOException, InterruptedException {
        planner = WarmPlanner.start();
    }

    @AfterAll
    static void it_was_the_planner_that_answered() throws IOException, InterruptedException {
        assertThat(planner.requests()).isGreaterThan(2 * ROUNDS);
        planner.stop();
    }

    @BeforeEach
    void make_a_bundle() throws IOException {
        bundle = new TestBundle(temporary).script("exec sleep 1000").write();
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        assertThat(bundle.call("delete", "--force").err()).isEmpty();
        Leftovers.assertNone(bundle);
    }

    /** How a call ended; its output and what it said are one text. */
    private record Ended(int exit, String text) {
        static Ended of(Process call) throws IOException, InterruptedException {
            assertThat(call.waitFor(60, TimeUnit.SECONDS)).isTrue();
            // Not to its end: a container that was created has it too.
            InputStream said = call.getInputStream();
            String text = new String(said.readNBytes(said.available()), UTF_8);
            if (call.exitValue() != 0) {
                assertThat(text).startsWith("ipcell: ").hasLineCount(1);
            }
            return new Ended(call.exitValue(), text);
        }
    }

    private Process create() throws IOException {
        return bundle.begin("create", "--bundle", bundle.directory().toString());
    }

    private static void pause(int round) throws InterruptedException {
        TimeUnit.MICROSECONDS.sleep((long) round * STEP_MICROS);
    }

    private String status() throws IOException, InterruptedException {
        Cell.Result state = bundle.call("state");
        return state.out().replaceAll("(?s).*\"status\": \"([a-z]+)\".*", "$1") + state.err();
    }

    @Test
    void a_forced_delete_during_create_leaves_a_whole_container_or_none() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            Process create = create();
            pause(round);
            Ended delete = Ended.of(bundle.begin("delete", "--force"));
            Ended created = Ended.of(create);
            String status = status();
            if (status.equals("created")) {
                assertThat(created).isEqualTo(new Ended(0, ""));
                assertThat(bundle.call("start").err()).isEmpty();
            } else {
                assertThat(status).contains("does not exist");
                Leftovers.assertNone(bundle);
            }
            assertThat(delete.exit()).as("%s", delete).isZero();
            nothing_is_left();
        }
    }

    @Test
    void a_forced_delete_that_found_nothing_harms_no_container_made_since() throws Exception {
        Path binary = Path.of(System.getProperty("ipcell.executor.sanitized"));
        List<Integer> exits = new ArrayList<>();
        try (SpawnedExecutor spawned =
                SpawnedExecutor.start(binary, List.of(), Map.of(), Stdio.NULL, Stdio.INHERIT, Stdio.INHERIT)) {
            Executor executor = new Executor(spawned.input(), spawned.output());
            // Before its second turn, when it has found nothing.
            executor.observe(batch -> exits.add(exits.isEmpty() ? -1 : exits.size() == 1 ? exitOfCreate() : -2));
            new ContainerDelete(executor, bundle.root().toString(), Fault.NONE).delete(bundle.id(), true);
            assertThat(spawned.waitFor()).isZero();
        }
        assertThat(exits).startsWith(-1, 0);
        assertThat(status()).isEqualTo("created");
        nothing_is_left();
    }

    @ParameterizedTest
    @ValueSource(strings = {"delete", "delete --force", "start"})
    void a_container_made_anew_is_not_the_one_whose_lock_was_awaited(String call) throws Exception {
        Path directory = Files.createDirectories(bundle.root().resolve(bundle.id()));
        Process holder = new ProcessBuilder(
                        "flock", "--no-fork", directory.toString(), "sh", "-c", "echo; exec sleep 100")
                .start();
        Process waiting;
        try {
            assertThat(holder.getInputStream().read()).isEqualTo('\n');
            List<String> words = List.of(call.split(" "));
            waiting = bundle.begin(
                    words.getFirst(), words.subList(1, words.size()).toArray(new String[0]));
            awaitOpened(waiting, directory);
            Files.delete(directory);
            assertThat(bundle.create().err()).isEmpty();
        } finally {
            holder.destroyForcibly().waitFor();
        }
        assertThat(Ended.of(waiting))
                .isEqualTo(
                        call.endsWith("--force")
                                ? new Ended(0, "")
                                : new Ended(1, "ipcell: container does not exist: \"" + bundle.id() + "\"\n"));
        assertThat(status()).isEqualTo("created");
        assertThat(bundle.call("start").err()).isEmpty();
        nothing_is_left();
    }

    private static void awaitOpened(Process call, Path directory) throws Exception {
        for (int i = 0; i < 3000; i++) {
            try (Stream<Path> opened = Files.list(Path.of("/proc/" + call.pid() + "/fd"))) {
                for (Path descriptor : (Iterable<Path>) opened::iterator) {
                    if (Files.isSymbolicLink(descriptor)
                            && Files.readSymbolicLink(descriptor).equals(directory)) {
                        return;
                    }
                }
            } catch (NoSuchFileException closed) {
                // Another descriptor meanwhile.
            }
            Thread.sleep(5);
        }
        throw new AssertionError("nobody opened " + directory);
    }

    private int exitOfCreate() throws IOException {
        try {
            return Ended.of(create()).exit();
        } catch (InterruptedException stopped) {
            throw new IOException(stopped);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"delete", "state", "kill", "start", "pause"})
    void another_call_during_create_takes_the_container_as_it_is_or_does_not_find_it(String other) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            Process create = create();
            pause(round);
            Ended second = Ended.of(other.equals("kill") ? bundle.begin("kill", "KILL") : bundle.begin(other));
            assertThat(Ended.of(create)).as("%s", second).isEqualTo(new Ended(0, ""));
            if (second.exit() == 0) {
                awaitEffect(other);
            } else {
                assertThat(second.text()).containsAnyOf("does not exist", "created", "not running");
                assertThat(status()).isEqualTo("created");
                assertThat(bundle.call("start").err()).isEmpty();
            }
            nothing_is_left();
        }
    }

    private void awaitEffect(String other) throws IOException, InterruptedException {
        if (other.equals("delete")) {
            // It takes what was only created, as runc's does.
            assertThat(status()).contains("does not exist");
            return;
        }
        String status = switch (other) {
            case "kill" -> "stopped";
            case "start" -> "running";
            case "pause" -> "paused";
            default -> "created";
        };
        for (int i = 0; i < 500 && !status().equals(status); i++) {
            Thread.sleep(5);
        }
        assertThat(status()).isEqualTo(status);
    }

    @Test
    void one_of_two_creates_wins_and_the_other_does_it_no_harm() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            Process first = create();
            pause(round % 8);
            Process second = create();
            List<Ended> both = List.of(Ended.of(first), Ended.of(second));
            assertThat(both).filteredOn(each -> each.exit() == 0).hasSize(1);
            assertThat(both)
                    .filteredOn(each -> each.exit() != 0)
                    .singleElement()
                    .satisfies(loser -> assertThat(loser.text()).contains("container with given ID already exists"));
            assertThat(status()).isEqualTo("created");
            assertThat(bundle.call("start").err()).isEmpty();
            assertThat(bundle.call("exec", "true").exit()).isZero();
            nothing_is_left();
        }
    }

    private static boolean foundAnother(Ended create) {
        return create.exit() == 1 && create.text().contains("container with given ID already exists");
    }

    private static boolean wasDeleted(Ended create) {
        return create.exit() == 1 && create.text().contains("was deleted by another call while it was being made");
    }

    @Test
    void two_creates_and_a_forced_delete_leave_a_whole_container_or_none() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            Process first = create();
            pause(round);
            Process delete = bundle.begin("delete", "--force");
            Process second = create();
            List<Ended> creates = List.of(Ended.of(first), Ended.of(second));
            assertThat(Ended.of(delete)).isEqualTo(new Ended(0, ""));
            // Each may have met the other, and the delete; but the delete takes one container only.
            assertThat(creates).filteredOn(RaceTest::foundAnother).hasSizeLessThan(2);
            assertThat(creates).filteredOn(RaceTest::wasDeleted).hasSizeLessThan(2);
            assertThat(creates).allMatch(each -> each.exit() == 0 || foundAnother(each) || wasDeleted(each));
            String status = status();
            if (status.equals("created")) {
                assertThat(bundle.call("start").err()).isEmpty();
                assertThat(bundle.call("exec", "true").exit()).isZero();
            } else {
                assertThat(status).contains("does not exist");
                Leftovers.assertNone(bundle);
            }
            nothing_is_left();
        }
    }

    @Test
    void two_forced_deletes_at_once_are_both_content() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            assertThat(bundle.detached().err()).isEmpty();
            Process first = bundle.begin("delete", "--force");
            pause(round % 8);
            Process second = bundle.begin("delete", "--force");
            assertThat(List.of(Ended.of(first), Ended.of(second))).containsOnly(new Ended(0, ""));
            Leftovers.assertNone(bundle);
        }
    }

    @Test
    void one_of_two_starts_wins() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            assertThat(bundle.create().err()).isEmpty();
            List<Process> calls = List.of(bundle.begin("start"), bundle.begin("start"));
            List<Ended> both = List.of(Ended.of(calls.get(0)), Ended.of(calls.get(1)));
            assertThat(both).as("%s", both).filteredOn(each -> each.exit() == 0).hasSize(1);
            assertThat(status()).isEqualTo("running");
            nothing_is_left();
        }
    }

    @Test
    void many_calls_of_all_kinds_leave_nothing_that_a_last_delete_does_not_take() throws Exception {
        for (int round = 0; round < ROUNDS / 5; round++) {
            List<Process> calls = new ArrayList<>();
            for (String command : List.of("create", "delete", "state", "create", "start", "kill", "delete", "create")) {
                calls.add(
                        switch (command) {
                            case "create" -> create();
                            case "delete" -> bundle.begin("delete", "--force");
                            default -> bundle.begin(command);
                        });
                TimeUnit.MICROSECONDS.sleep(STEP_MICROS * 2L);
            }
            for (Process call : calls) {
                Ended.of(call);
            }
            nothing_is_left();
        }
    }
}
