// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import dev.ipcell.runtime.cli.CommandLine;
import dev.ipcell.shim.Executor;
import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.SpecReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A target for Jazzer (see {@link FuzzTest}): whatever stands in a {@code config.json}, it is refused in words, or becomes a plan. The
 * same for a process and for resources that stand alone.
 */
final class ConfigFuzz {
    private static final Path BUNDLE = bundle();

    private ConfigFuzz() {}

    /** Jazzer's entry. */
    public static void fuzzerTestOneInput(byte[] json) throws IOException {
        try {
            SpecReader.readProcess(json);
        } catch (InvalidSpecException refused) {
            words(refused);
        }
        try {
            SpecReader.readResources(json);
        } catch (InvalidSpecException refused) {
            words(refused);
        }
        try {
            SpecReader.read(json);
        } catch (InvalidSpecException refused) {
            words(refused);
            return;
        }
        Files.write(BUNDLE.resolve("config.json"), json);
        PretendExecutor executor = new PretendExecutor(BUNDLE, List.of("plan", "--bundle", BUNDLE.toString()));
        CommandLine.serve(new Executor(executor.input(), executor.output()));
        if (!executor.ended() || executor.said().startsWith("ipcell: internal error: ")) {
            throw new AssertionError(executor.said());
        }
    }

    private static void words(InvalidSpecException refused) {
        if (refused.problems().isEmpty()
                || refused.problems().getFirst().render().isBlank()) {
            throw new AssertionError("refused without a word");
        }
    }

    private static Path bundle() {
        try {
            Path memory = Path.of("/dev/shm");
            Path directory = Files.isWritable(memory)
                    ? Files.createTempDirectory(memory, "ipcell-fuzz")
                    : Files.createTempDirectory("ipcell-fuzz");
            directory.toFile().deleteOnExit();
            directory.resolve("config.json").toFile().deleteOnExit();
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
