// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
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

    /** A launch that stands still so many operations after the one after that which made the container's directory. */
    private Process stoppedWithADirectory(String command, int later) throws Exception {
        Path directory = bundle.root().resolve(bundle.id());
        String end = command.equals("run") ? "--detach" : "--no-new-keyring";
        int found = 0;
        for (int operation = 1; operation < 100; operation++) {
            String stop = StoppedCall.before(operation);
            Process call = bundle.begin(command, "--bundle=" + bundle.directory(), stop, end);
            while (call.isAlive() && !StoppedCall.isStopped(call)) {
                Thread.sleep(1);
            }
            if (call.isAlive() && Files.exists(directory) && found++ == later) {
                return call;
            }
            // Before that, or no operation has this number.
            call.destroyForcibly().waitFor();
            nothing_is_left();
        }
        throw new AssertionError("no operation makes " + directory);
    }
}
