// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What a command brought: its exit status, its output, and its errors, without white space at their ends. */
record Call(int exit, String out, String err) {
    private static final int TIMEOUT_SECONDS = 120;

    /** Runs a command to its end, with no input and few environment variables. */
    static Call of(Map<String, String> environment, List<String> command) throws IOException, InterruptedException {
        Path out = Files.createTempFile("ipcell-out", "");
        Path err = Files.createTempFile("ipcell-err", "");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().clear();
            builder.environment().put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(command + " hangs; stderr: " + text(err));
            }
            return new Call(process.exitValue(), text(out), text(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    /** The output of a command that must succeed. */
    String ok() {
        if (exit != 0) {
            throw new AssertionError("exit status " + exit + "; stderr: " + err + "; stdout: " + out);
        }
        return out;
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), UTF_8).strip();
    }
}
