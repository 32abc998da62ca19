// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Operations of {@code create}, {@code start}, {@code exec} and {@code delete} fail, or the executor or the planner is killed there. What
 * is left must be a whole container or none, and {@code delete --force} must take the rest away.
 */
@Tag("root")
class LifecycleFaultTest {
    private static final List<String> ACTIONS = List.of("fail", "kill-executor", "kill-planner");

    /** No call but {@code create} has more operations; a number beyond a call's last has no effect. */
    private static final int OPERATIONS = 45;

    /** Nearly all operations of {@code create} are those of {@code run}, which are tried one by one elsewhere. */
    private static final int STEP = 4;

    private static final int LAST_OF_CREATE = 184;

    @TempDir
    static Path temporary;

    static Stream<String> faults() {
        return every(1, OPERATIONS);
    }

    static Stream<String> faultsOfCreate() {
        return every(STEP, LAST_OF_CREATE);
    }

    /** The actions take turns: each operation has one of them. */
    private static Stream<String> every(int step, int last) {
        return IntStream.iterate(1, i -> i <= last, i -> i + step)
                .mapToObj(i -> ACTIONS.get(i / step % ACTIONS.size()) + "@" + i);
    }

    private static TestBundle bundle() throws IOException {
        return new TestBundle(temporary).script("exec sleep 1000");
    }

    private static void awaitQuiet(TestBundle bundle) throws IOException, InterruptedException {
        // What a killed executor leaves is taken away by its guardian, which takes a moment.
        for (int i = 0; i < 500 && Leftovers.hasHelpers(bundle); i++) {
            Thread.sleep(10);
        }
    }

    private static void gone(TestBundle bundle) throws IOException, InterruptedException {
        Cell.Result result = bundle.call("delete", "--force");
        assertThat(result.err()).isEmpty();
        Leftovers.assertNone(bundle);
    }

    private static void plain(Cell.Result result) {
        if (result.exit() != 0 && result.exit() != 137) {
            assertThat(result.err()).startsWith("ipcell: ").hasLineCount(1);
        }
    }

    @ParameterizedTest
    @MethodSource("faultsOfCreate")
    void a_create_that_is_disturbed_leaves_a_whole_container_or_none(String fault)
            throws IOException, InterruptedException {
        TestBundle bundle = bundle();
        Cell.Result result = bundle.create("--inject-fault", fault);
        plain(result);
        awaitQuiet(bundle);
        if (result.exit() == 0 || bundle.call("state").exit() == 0) {
            assertThat(bundle.call("state").out()).contains("\"created\"");
            // The child may have been told to fail at what comes after its start; then the start tells of it.
            plain(bundle.call("start"));
            gone(bundle);
        } else {
            Leftovers.assertNone(bundle);
        }
    }

    @ParameterizedTest
    @MethodSource("faults")
    void a_start_that_is_disturbed_leaves_a_container_whose_state_is_known(String fault)
            throws IOException, InterruptedException {
        TestBundle bundle = bundle();
        assertThat(bundle.create().err()).isEmpty();
        Cell.Result result = bundle.call("start", "--inject-fault=" + fault);
        plain(result);
        String state = bundle.call("state").out();
        assertThat(state).containsAnyOf("\"created\"", "\"running\"");
        if (result.exit() == 0) {
            assertThat(state).contains("\"running\"");
        }
        gone(bundle);
    }

    @ParameterizedTest
    @MethodSource("faults")
    void an_exec_that_is_disturbed_leaves_the_container_as_it_was(String fault)
            throws IOException, InterruptedException {
        TestBundle bundle = bundle();
        assertThat(bundle.detached().err()).isEmpty();
        List<String> call = new ArrayList<>(List.of("--root", bundle.root().toString(), "exec"));
        call.addAll(List.of("--inject-fault=" + fault, bundle.id(), "true"));
        plain(Cell.call(call.toArray(new String[0])));
        awaitQuiet(bundle);
        assertThat(bundle.call("state").out()).contains("\"running\"");
        String processes = Cell.call("--root", bundle.root().toString(), "ps", "-f", "json", bundle.id())
                .out();
        assertThat(processes).as("only the container's own process").doesNotContain(",");
        gone(bundle);
    }

    @ParameterizedTest
    @MethodSource("faults")
    void a_delete_that_is_disturbed_can_be_done_again(String fault) throws IOException, InterruptedException {
        TestBundle bundle = bundle();
        assertThat(bundle.create().err()).isEmpty();
        plain(bundle.call("delete", "--force", "--inject-fault=" + fault));
        gone(bundle);
    }
}
