// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.spec.InvalidSpecException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * For every operation of a full run: it fails, the executor is killed there, the planner is killed there. Nothing may be left, and a
 * failure must name where in the configuration the operation comes from.
 */
@Tag("root")
@TestInstance(Lifecycle.PER_CLASS)
class FaultTest {
    /** Errors that no retry waits for, and that mean nothing special to any operation. */
    private static final int ENXIO = 6;

    /** Who asks for operations that may fail: what they look at need not be there. */
    private static final Set<String> OPTIONAL = Set.of(
            "the user's home", "the container's cgroup", "every processor", "an empty mount namespace", "a pause");

    @TempDir
    static Path temporary;

    /** Origin by operation number, as a traced run without faults tells it. */
    private final Map<Integer, String> origins = new TreeMap<>();

    @BeforeAll
    void record_a_run_without_faults() throws IOException, InterruptedException, InvalidSpecException {
        beforeAll();
        TestBundle bundle = bundle();
        Path trace = temporary.resolve("trace.json");
        Cell.Result result = bundle.run("--trace", trace.toString());
        assertThat(result.exit()).as(result.err()).isZero();
        TracedOperations.of(trace).forEach((id, origin) -> origins.put(id, origin.replace(bundle.id(), "<ID>")));
        assertThat(origins).hasSizeGreaterThan(100);
        Leftovers.assertNone(bundle);
    }

    /** What comes before the run that is recorded. */
    void beforeAll() throws IOException, InterruptedException {}

    TestBundle bundle() throws IOException {
        return new TestBundle(temporary)
                .script("echo ran")
                .linux("\"sysctl\": {\"kernel.msgmax\": \"9000\", \"fs.mqueue.msg_max\": \"20\"}");
    }

    Set<Integer> operations() {
        return origins.keySet();
    }

    @ParameterizedTest(name = "operation {0}")
    @MethodSource("operations")
    void a_failing_operation_is_named_and_leaves_nothing(int operation) throws IOException, InterruptedException {
        TestBundle bundle = bundle();
        Cell.Result result = bundle.run("--inject-fault", "fail@" + operation + ":" + ENXIO);
        Leftovers.assertNone(bundle);
        String origin = Objects.requireNonNull(origins.get(operation)).replace("<ID>", bundle.id());
        if (OPTIONAL.contains(origin)) {
            assertThat(result.exit()).as("an optional operation").isZero();
            return;
        }
        assertThat(result.exit()).as(result.err()).isEqualTo(1);
        assertThat(result.err().lines()).as("one line").hasSize(1);
        assertThat(result.err()).startsWith("ipcell: " + origin).contains("ENXIO");
    }

    @ParameterizedTest(name = "operation {0}")
    @MethodSource("operations")
    void an_executor_killed_at_an_operation_leaves_nothing(int operation) throws IOException, InterruptedException {
        TestBundle bundle = bundle();
        Cell.Result result = bundle.run("--inject-fault", "kill-executor@" + operation);
        assertThat(result.exit()).as("killed by SIGKILL").isEqualTo(137);
        Leftovers.assertNone(bundle);
    }

    @ParameterizedTest(name = "operation {0}")
    @MethodSource("operations")
    void a_planner_killed_at_an_operation_leaves_nothing(int operation) throws IOException, InterruptedException {
        TestBundle bundle = bundle();
        Cell.Result result = bundle.run("--inject-fault", "kill-planner@" + operation);
        Leftovers.assertNone(bundle);
        if (result.exit() != 0) {
            assertThat(result.err()).contains("the planner ended unexpectedly");
            assertThat(result.exit()).isEqualTo(1);
        } else {
            assertThat(result.out())
                    .as("only once the planner was no longer needed")
                    .isEqualTo("ran\n");
        }
    }
}
