// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import dev.ipcell.runtime.cli.CommandLine;
import dev.ipcell.shim.Executor;
import dev.ipcell.spec.DefaultSpec;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Walks the planner through its commands, so that the build can record which classes and methods a call needs (JEP 483, 514, 515).
 * Each command runs for real, against an executor that only pretends.
 */
public final class AotTraining {
    private static final String STATE = """
            {"ociVersion":"1.3.0","id":"training","pid":1,"status":"created","bundle":"/b","created":"2026-01-01T00:00:00Z",
            "ipcell":{"startTime":0,"bootId":"training","cgroups":[{"directory":"/sys/fs/cgroup/pids/x","controllers":["pids"]}]}}
            """;

    private AotTraining() {}

    /**
     * Trains.
     *
     * @param args a directory for scratch files
     * @throws IOException if the directory cannot be written
     */
    public static void main(String[] args) throws IOException {
        Path bundle = Path.of(args[0]);
        Files.createDirectories(bundle);
        String config = DefaultSpec.json();
        Files.writeString(bundle.resolve("config.json"), config);
        Files.createDirectories(bundle.resolve("training"));
        Files.writeString(bundle.resolve("training/state.json"), STATE);
        Files.writeString(bundle.resolve("training/config.json"), config);
        Path random = bundle.resolve("proc/sys/kernel/random");
        Files.createDirectories(random);
        Files.writeString(random.resolve("boot_id"), "training\n");
        List<List<String>> calls = List.of(
                List.of("--version"),
                List.of("help"),
                List.of("spec", "--bundle", bundle.toString()),
                List.of("run", "--bundle", bundle.toString(), "training"),
                List.of("create", "--bundle", bundle.toString(), "--pid-file", "pid", "training"),
                List.of("--root", bundle.toString(), "start", "training"),
                List.of("--root", bundle.toString(), "state", "training"),
                List.of("--root", bundle.toString(), "kill", "training", "KILL"),
                List.of("--root", bundle.toString(), "exec", "--env", "A=B", "training", "true"),
                List.of("--root", bundle.toString(), "pause", "training"),
                List.of("--root", bundle.toString(), "ps", "--format", "json", "training"),
                List.of("--root", bundle.toString(), "events", "--stats", "training"),
                List.of("--root", bundle.toString(), "update", "--pids-limit", "10", "training"),
                List.of("features"),
                List.of("--root", bundle.toString(), "list"),
                List.of("--root", bundle.toString(), "delete", "--force", "training"),
                List.of("plan", "--bundle", bundle.toString()),
                List.of("ipc", "unshare", "--", "true"),
                List.of("ipc", "exec", "1", "--", "true"),
                List.of("run", "--no-such-option"),
                List.of("--log", "/dev/null", "--log-format", "json", "nonsense"));
        for (List<String> call : calls) {
            train(bundle, call);
        }
        // The way in and out that a call takes: plain streams on descriptor 0.
        new FileInputStream(FileDescriptor.in);
        new FileOutputStream(FileDescriptor.in);
    }

    private static void train(Path bundle, List<String> call) throws IOException {
        PretendExecutor executor = new PretendExecutor(bundle, call);
        CommandLine.serve(new Executor(executor.input(), executor.output()));
        boolean becomesCommand = call.getFirst().equals("ipc");
        if (!executor.ended() && !becomesCommand) {
            throw new IllegalStateException("the call " + call + " did not end");
        }
    }
}
