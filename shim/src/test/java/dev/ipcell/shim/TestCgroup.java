// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A cgroup of its own for a test. */
record TestCgroup(Path path) implements AutoCloseable {

    /** In the tree of version 2. */
    static TestCgroup unified() throws IOException {
        return in("cgroup2");
    }

    private static TestCgroup in(String type) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
            if (line.startsWith(type + " ") || line.contains(" " + type + " ")) {
                int start = line.indexOf(' ') + 1;
                Path mounted = Path.of(line.substring(start, line.indexOf(' ', start)));
                return new TestCgroup(Files.createTempDirectory(mounted, "ipcell-test-"));
            }
        }
        throw new AssertionError("no " + type + " is mounted");
    }

    @Override
    public void close() throws IOException {
        Files.delete(path);
    }
}
