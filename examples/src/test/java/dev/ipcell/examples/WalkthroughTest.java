// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.examples;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The walk-through checks its claims itself; here it is run, and seen to have got to its end. */
@Tag("root")
class WalkthroughTest {
    private static final Path SCRIPT = Path.of("ipc-walkthrough", "run.sh");

    @TempDir
    Path dir;

    @Test
    void every_claim_of_the_walk_through_is_true() throws Exception {
        Result result = walk(Path.of(property("ipcell.dist"), "bin", "ipcell"));

        assertThat(result.status()).as(result.output()).isZero();
        assertThat(result.output())
                .contains("the container sees none of the host's System V objects")
                .contains("only the host's own queue is there")
                .contains("it sees all three System V objects of the first")
                .contains("a message sent through the queue by one reaches the other")
                .contains("and it can no longer be joined")
                .contains("the shell's queue is seen from a second process")
                .endsWith("claims, all of them true.\n");
    }

    @Test
    void a_runtime_that_cannot_write_a_config_fails_the_walk_through() throws Exception {
        Result result = walk(Path.of("/bin/false"));

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.output()).endsWith("ipcell spec has failed\n");
    }

    private Result walk(Path ipcell) throws IOException, InterruptedException {
        Path output = dir.resolve("output");
        ProcessBuilder builder =
                new ProcessBuilder(SCRIPT.toString()).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().put("IPCELL", ipcell.toString());
        builder.environment().put("ROOTFS_DEBIAN", property("ipcell.rootfs.debian"));
        Process process = builder.start();
        process.getOutputStream().close();
        boolean ended = process.waitFor(3, TimeUnit.MINUTES);
        if (!ended) {
            process.destroy();
            process.waitFor(20, TimeUnit.SECONDS);
        }
        String text = Files.readString(output, StandardCharsets.UTF_8);
        assertThat(ended).as("ended within three minutes: " + text).isTrue();
        return new Result(process.exitValue(), text);
    }

    private static String property(String name) {
        return requireNonNull(System.getProperty(name), name + " is not set: run the tests by make test");
    }

    private record Result(int status, String output) {}
}
