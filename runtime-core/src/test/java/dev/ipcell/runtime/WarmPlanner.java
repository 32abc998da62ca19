// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A resident planner of a test's own, called by every {@link Cell} until it is stopped. */
final class WarmPlanner {
    private static final Pattern REQUESTS = Pattern.compile("requests: (\\d+)");

    private final Path directory;

    private WarmPlanner(Path directory) {
        this.directory = directory;
    }

    static WarmPlanner start() throws IOException, InterruptedException {
        // Not below the test's own directory: its path may be too long for a socket.
        WarmPlanner planner = new WarmPlanner(Files.createTempDirectory("ipcell-planner"));
        Cell.callPlanner(planner.socket().toString());
        Cell.Result started = Cell.call("planner", "start");
        assertThat(started.err()).isEmpty();
        assertThat(started.exit()).isZero();
        // The first call makes it, and a launch is another one with it than without.
        assertThat(Cell.call("planner", "status").out()).containsPattern("empty mount namespace: [0-9]+\n");
        return planner;
    }

    /** Above the directory of the socket. */
    Path place() {
        return directory;
    }

    Path socket() {
        return directory.resolve("d/socket");
    }

    long pid() throws IOException {
        return Long.parseLong(Files.readString(directory.resolve("d/pid")).strip());
    }

    /** How many calls it has answered. */
    long requests() throws IOException, InterruptedException {
        Cell.Result status = Cell.call("planner", "status");
        Matcher number = REQUESTS.matcher(status.out());
        assertThat(number.find()).as(status.err()).isTrue();
        return Long.parseLong(number.group(1));
    }

    void stop() throws IOException, InterruptedException {
        long pid = pid();
        Cell.call("planner", "stop");
        Cell.callUsualPlanner();
        assertGone(pid);
        Files.deleteIfExists(socket());
        Files.delete(directory.resolve("d/pid"));
        Files.delete(directory.resolve("d"));
        Files.delete(directory);
    }

    /** The process has ended, and whoever inherited it has seen that. */
    static void assertGone(long pid) throws InterruptedException {
        for (int i = 0; i < 500 && ProcessHandle.of(pid).isPresent(); i++) {
            Thread.sleep(10);
        }
        assertThat(ProcessHandle.of(pid)).as("the planner").isEmpty();
    }
}
