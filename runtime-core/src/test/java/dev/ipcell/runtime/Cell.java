// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The real ipcell, called as a person or an engine calls it. */
final class Cell {
    private static final Path DIST = Path.of(property("ipcell.dist"));
    private static final int TIMEOUT_SECONDS = 60;

    /** That of a whole run of the tests ({@code make test-warm}). Else none, whatever runs on this machine. */
    private static final String USUAL_PLANNER = System.getProperty("ipcell.planner", "none");

    /** The socket of the resident planner that calls go to: that one, if no test has started another. */
    private static String planner = USUAL_PLANNER;

    static void callPlanner(String socket) {
        planner = socket;
    }

    /** A test has ended its own. */
    static void callUsualPlanner() {
        planner = USUAL_PLANNER;
    }

    static String planner() {
        return planner;
    }

    /** What a call brought. */
    record Result(int exit, String out, String err) {}

    private Cell() {}

    /** A property that the build sets; a test without it must fail, not be left out. */
    static String property(String name) {
        String value = System.getProperty(name);
        if (value == null || value.isEmpty()) {
            throw new IllegalStateException(name + " is not set: run the tests by make test");
        }
        return value;
    }

    /** The installed tree. */
    static Path tree() {
        return DIST;
    }

    static Path executable() {
        return DIST.resolve("bin/ipcell");
    }

    static Path busybox() {
        return Path.of(property("ipcell.rootfs.busybox"));
    }

    /** Calls ipcell with nothing in its environment but a PATH, and no input. */
    static Result call(String... arguments) throws IOException, InterruptedException {
        return callIn(Path.of("/"), arguments);
    }

    /** The same from another working directory. */
    static Result callIn(Path directory, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(executable().toString());
        command.addAll(List.of(arguments));
        return run(directory, command);
    }

    /** Runs any command to its end. */
    static Result run(Path directory, List<String> command) throws IOException, InterruptedException {
        Path out = Files.createTempFile("ipcell-out", "");
        Path err = Files.createTempFile("ipcell-err", "");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            environment(builder);
            Process process = builder.start();
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(command + " hangs; stderr: " + Files.readString(err));
            }
            return new Result(process.exitValue(), text(out), text(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    /** Nothing but a PATH, and which planner to call. */
    private static void environment(ProcessBuilder builder) {
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        builder.environment().put("IPCELL_PLANNER", planner);
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), UTF_8);
    }
}
