// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.systemd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A message bus of the test's own. */
final class Bus {
    private final List<Process> running = new ArrayList<>();

    /** Its address. */
    String start(Path directory) throws IOException, InterruptedException {
        Path socket = directory.resolve("bus");
        String address = "unix:path=" + socket;
        running.add(new ProcessBuilder("dbus-daemon", "--session", "--nofork", "--nopidfile", "--address=" + address)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start());
        for (int i = 0; i < 300 && !Files.exists(socket); i++) {
            Thread.sleep(100);
        }
        assertThat(socket).exists();
        return address;
    }

    void stop() throws InterruptedException {
        for (Process process : running) {
            process.destroyForcibly();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        running.clear();
    }
}
