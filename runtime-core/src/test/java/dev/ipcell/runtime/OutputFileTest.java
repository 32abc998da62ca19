// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that a launch writes for its caller: one that cannot be written is told while nothing has run yet. */
@Tag("root")
class OutputFileTest {
    @TempDir
    Path temporary;

    private TestBundle bundle;
    private Path hooked;

    @BeforeEach
    void make_a_bundle_whose_hook_leaves_a_mark() throws IOException {
        hooked = temporary.resolve("hooked");
        bundle = new TestBundle(temporary).script("echo ran");
        bundle.replace(
                "\"hostname\":",
                "\"hooks\": {\"createRuntime\": [{\"path\": \"/bin/touch\", \"args\": [\"touch\", \"" + hooked
                        + "\"]}]}, \"hostname\":");
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        Leftovers.assertNone(bundle);
    }

    private Cell.Result call(String command, String option, Path file) throws IOException, InterruptedException {
        return command.equals("run") ? bundle.run(option, file.toString()) : bundle.create(option, file.toString());
    }

    @ParameterizedTest
    @CsvSource({"run, no/such/file, ENOENT", "create, no/such/file, ENOENT", "run, directory, EISDIR"})
    void a_trace_that_cannot_be_written_is_told_before_anything_is_done(String command, String file, String errno)
            throws IOException, InterruptedException {
        Path path = temporary.resolve(file);
        Files.createDirectory(temporary.resolve("directory"));
        Cell.Result result = call(command, "--trace", path);
        assertThat(result.err())
                .startsWith("ipcell: --trace: ")
                .contains(path.toString(), errno)
                .as("the name that it has until it is whole")
                .doesNotContain(".ipcell-")
                .hasLineCount(1);
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(hooked).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_refused_launch_leaves_the_trace_of_an_earlier_one_and_nothing_else(boolean earlier)
            throws IOException, InterruptedException {
        Path directory = Files.createDirectory(temporary.resolve("traces"));
        Path trace = directory.resolve("trace");
        if (earlier) {
            Files.writeString(trace, "of an earlier call");
        }
        bundle.replace("\"hostname\":", "\"hostname\": 1, \"x\":");
        assertThat(call("run", "--trace", trace).err()).contains("/hostname");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.toList()).isEqualTo(earlier ? List.of(trace) : List.of());
        }
        assertThat(!earlier || Files.readString(trace).equals("of an earlier call"))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({"run, no/such/file, ENOENT", "create, no/such/file, ENOENT", "run, directory, EISDIR"})
    void a_pid_file_that_cannot_be_written_is_told_before_the_container_s_program_runs(
            String command, String file, String errno) throws IOException, InterruptedException {
        Path path = temporary.resolve(file);
        Files.createDirectory(temporary.resolve("directory"));
        Cell.Result result = call(command, "--pid-file", path);
        assertThat(result.err())
                .startsWith("ipcell: --pid-file: ")
                .contains(path.toString(), errno)
                .hasLineCount(1);
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
    }
}
