// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.spec.InvalidSpecException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A launch that is killed in the middle of writing a file. No call can be stopped there; so it is stopped before, the test begins the file in
 * its place, and kills it.
 */
@Tag("root")
class HalfWrittenFileTest extends BundleTest {
    private static final Pattern WRITE = Pattern.compile("write-atomic .* by (\\S+) mode .*");

    @ParameterizedTest
    @ValueSource(strings = {"create", "run"})
    void nothing_is_left_of_a_file_that_a_killed_launch_was_writing(String command) throws Exception {
        bundle.script("true").write();
        Map<Integer, String> files = written(command);
        assertThat(files.values().stream()
                        .map(file -> file.replaceAll("[0-9]+$", "PID").replaceAll(".*/", "")))
                .contains("config.json.new", "state.json.new", "pid.ipcell-PID");
        for (Map.Entry<Integer, String> file : files.entrySet()) {
            Process call = begin(command, StoppedCall.before(file.getKey()));
            while (!StoppedCall.isStopped(call)) {
                assertThat(call.isAlive()).as(file + " is written").isTrue();
                Thread.sleep(1);
            }
            String name = file.getValue().replaceAll("[0-9]+$", Long.toString(call.pid()));
            Path begun = bundle.root().resolve(bundle.id()).resolve(name);
            Files.writeString(begun, "{");
            call.destroyForcibly().waitFor();
            Leftovers.assertNone(bundle);
            assertThat(begun).doesNotExist();
        }
    }

    /** The temporary files of a launch, by the operations that write them. */
    private Map<Integer, String> written(String command)
            throws IOException, InterruptedException, InvalidSpecException {
        Path trace = temporary.resolve("trace.json");
        assertThat(begin(command, "--trace=" + trace).waitFor(60, TimeUnit.SECONDS))
                .isTrue();
        Map<Integer, String> files = new TreeMap<>();
        TracedOperations.described(trace).forEach((operation, description) -> {
            Matcher write = WRITE.matcher(description);
            if (write.matches() && !write.group(1).startsWith(trace.toString())) {
                files.put(operation, write.group(1));
            }
        });
        nothing_is_left();
        return files;
    }

    private Process begin(String command, String option) throws IOException {
        return bundle.begin(
                command, "--bundle=" + bundle.directory(), "--pid-file=" + temporary.resolve("pid"), option);
    }
}
