// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each operation of a command fails, or the executor is killed there, or its planner goes away there. A resident planner answers, for
 * there are many hundred calls.
 */
@Tag("root")
class EveryFaultTest {
    private static final int KILLED = 137;

    /** How many numbers without an operation show that there are no more; seccomp's and the like may be left out of a plan. */
    private static final int GAP = 5;

    private static WarmPlanner planner;

    @TempDir
    Path temporary;

    private TestBundle bundle;

    /** One call with a fault, and the checks after it. */
    private interface Case {
        Cell.Result call(String fault) throws IOException, InterruptedException;
    }

    @BeforeAll
    static void start_a_planner() throws IOException, InterruptedException {
        planner = WarmPlanner.start();
    }

    @AfterAll
    static void it_was_the_planner_that_answered() throws IOException, InterruptedException {
        assertThat(planner.requests()).isGreaterThan(500);
        planner.stop();
    }

    @BeforeEach
    void make_a_bundle() throws Exception {
        bundle = new TestBundle(temporary).script("exec sleep 1000").merge("""
                {"linux": {"resources": {"pids": {"limit": 50}, "memory": {"limit": 67108864},
                 "cpu": {"shares": 512, "quota": 50000, "period": 100000}}}}""");
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        gone();
    }

    /** Tries all; returns how many operations there were. */
    private static int every(Case one) throws IOException, InterruptedException {
        int operations = 0;
        int missing = 0;
        for (int number = 1; missing < GAP; number++) {
            boolean there = one.call("kill-executor@" + number).exit() == KILLED;
            one.call("fail@" + number);
            one.call("kill-planner@" + number);
            operations += there ? 1 : 0;
            missing = there ? 0 : missing + 1;
        }
        return operations;
    }

    private Cell.Result call(String fault, String command, String... words) throws IOException, InterruptedException {
        List<String> line =
                new ArrayList<>(List.of("--root", bundle.root().toString(), "--inject-fault", fault, command));
        line.addAll(List.of(words));
        Cell.Result result = Cell.call(line.toArray(new String[0]));
        if (result.exit() != 0 && result.exit() != KILLED) {
            assertThat(result.err()).as(fault).startsWith("ipcell: ").hasLineCount(1);
        }
        // What a killed executor leaves is taken away by its guardian, which takes a moment.
        for (int i = 0; i < 500 && result.exit() == KILLED && Leftovers.hasHelpers(planner); i++) {
            Thread.sleep(5);
        }
        return result;
    }

    private String status() throws IOException, InterruptedException {
        Cell.Result state = bundle.call("state");
        return state.out().replaceAll("(?s).*\"status\": \"([a-z]+)\".*", "$1") + state.err();
    }

    private void gone() throws IOException, InterruptedException {
        assertThat(bundle.call("delete", "--force").err()).isEmpty();
        Leftovers.assertNone(bundle);
    }

    private void running() throws IOException, InterruptedException {
        assertThat(bundle.detached().err()).isEmpty();
    }

    @Test
    void create_leaves_a_whole_container_or_none() throws IOException, InterruptedException {
        bundle.write();
        int operations = every(fault -> {
            Cell.Result result =
                    call(fault, "create", "--bundle", bundle.directory().toString(), bundle.id());
            if (result.exit() == 0 || bundle.call("state").exit() == 0) {
                // Whoever fails to wait for the start has ended by then.
                assertThat(status())
                        .as(fault)
                        .isIn(fault.startsWith("fail") ? List.of("created", "stopped") : List.of("created"));
                gone();
            } else {
                Leftovers.assertNone(bundle);
            }
            return result;
        });
        assertThat(operations).isGreaterThan(150);
    }

    @Test
    void start_leaves_a_container_whose_state_is_known() throws IOException, InterruptedException {
        int operations = every(fault -> {
            assertThat(bundle.create().err()).isEmpty();
            Cell.Result result = call(fault, "start", bundle.id());
            assertThat(status())
                    .as(fault)
                    .isIn(result.exit() == 0 ? List.of("running") : List.of("created", "running"));
            gone();
            return result;
        });
        assertThat(operations).isGreaterThan(8);
    }

    @Test
    void exec_leaves_the_container_as_it_was() throws IOException, InterruptedException {
        running();
        int operations = every(fault -> {
            Cell.Result result = call(fault, "exec", bundle.id(), "true");
            assertThat(status()).as(fault).isEqualTo("running");
            assertThat(bundle.call("ps", "--format=json").out())
                    .as("only the container's own process")
                    .doesNotContain(",");
            return result;
        });
        assertThat(operations).isGreaterThan(40);
    }

    @Test
    void delete_can_be_done_again() throws IOException, InterruptedException {
        int operations = every(fault -> {
            assertThat(bundle.create().err()).isEmpty();
            Cell.Result result = call(fault, "delete", "--force", bundle.id());
            gone();
            return result;
        });
        assertThat(operations).isGreaterThan(15);
    }

    @Test
    void pause_and_resume_can_be_done_again() throws IOException, InterruptedException {
        running();
        int operations = every(fault -> {
            Cell.Result result = call(fault, "pause", bundle.id());
            assertThat(status()).as(fault).isIn(result.exit() == 0 ? List.of("paused") : List.of("paused", "running"));
            if (status().equals("running")) {
                assertThat(bundle.call("pause").err()).isEmpty();
            }
            Cell.Result resumed = call(fault, "resume", bundle.id());
            assertThat(status())
                    .as(fault)
                    .isIn(resumed.exit() == 0 ? List.of("running") : List.of("paused", "running"));
            if (status().equals("paused")) {
                assertThat(bundle.call("resume").err()).isEmpty();
            }
            return result;
        });
        assertThat(operations).isGreaterThan(8);
    }

    @Test
    void kill_reaches_the_container_or_not() throws IOException, InterruptedException {
        int operations = every(fault -> {
            running();
            Cell.Result result = call(fault, "kill", "--all", bundle.id(), "KILL");
            if (result.exit() == 0) {
                for (int i = 0; i < 500 && status().equals("running"); i++) {
                    Thread.sleep(5);
                }
                assertThat(status()).as(fault).isEqualTo("stopped");
            } else {
                assertThat(status()).as(fault).isIn("running", "stopped");
            }
            gone();
            return result;
        });
        assertThat(operations).isGreaterThan(6);
    }

    @Test
    void update_changes_all_or_nothing() throws Exception {
        running();
        String before = "{\"pids\": {\"limit\": 50}, \"memory\": {\"limit\": 67108864%s},"
                + " \"cpu\": {\"shares\": 512, \"quota\": 50000, \"period\": 100000}}";
        String after = "{\"pids\": {\"limit\": 20}, \"memory\": {\"limit\": 33554432%s},"
                + " \"cpu\": {\"shares\": 256, \"quota\": 20000, \"period\": 200000}}";
        boolean swap = CgroupTexts.have(bundle, "memory.memsw.limit_in_bytes");
        allOrNothing(
                before.formatted(swap ? ", \"swap\": 134217728" : ""),
                after.formatted(swap ? ", \"swap\": 50331648" : ""));
        allOrNothing(
                after.formatted(swap ? ", \"swap\": 50331648" : ""),
                before.formatted(swap ? ", \"swap\": 134217728" : ""));
    }

    private void allOrNothing(String before, String after) throws IOException, InterruptedException {
        update(before);
        Map<String, String> old = CgroupTexts.of(bundle);
        update(after);
        Map<String, String> changed = CgroupTexts.of(bundle);
        assertThat(changed).isNotEqualTo(old);
        Path file = resources(after);
        int operations = every(fault -> {
            update(before);
            assertThat(CgroupTexts.of(bundle)).isEqualTo(old);
            Cell.Result result = call(fault, "update", "--resources", file.toString(), bundle.id());
            Map<String, String> now = CgroupTexts.of(bundle);
            if (result.exit() == 0) {
                assertThat(now).as(fault).isEqualTo(changed);
            } else if (!now.equals(changed)) {
                assertThat(now).as(fault + ": " + result.err()).isEqualTo(old);
            }
            return result;
        });
        assertThat(operations).isGreaterThan(15);
    }

    private Path resources(String json) throws IOException {
        return Files.writeString(temporary.resolve("resources.json"), json);
    }

    private void update(String json) throws IOException, InterruptedException {
        Path file = Files.writeString(temporary.resolve("before.json"), json);
        assertThat(bundle.call("update", "--resources=" + file).err()).isEmpty();
    }
}
