// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import dev.ipcell.spec.DefaultSpec;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Walks the planner through its commands, so that the build can record which classes and methods a call needs (JEP 483, 514, 515).
 * Each command runs for real, against an executor that only pretends.
 */
public final class AotTraining {
    private static final String STATE = """
            {"ociVersion":"1.3.0","id":"NAME","pid":1,"status":"created","bundle":"/b","created":"2026-01-01T00:00:00Z",
            "ipcell":{"startTime":0,"bootId":"training","cgroups":[{"directory":"/sys/fs/cgroup/pids/x","controllers":["pids"]},
            {"directory":"/sys/fs/cgroup/freezer/NAME","controllers":["freezer"]}]}}
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
        for (List<String> call : prepare(bundle)) {
            train(bundle, call);
        }
        // The way in and out that a call takes: plain streams on descriptor 0.
        new FileInputStream(FileDescriptor.in);
        new FileOutputStream(FileDescriptor.in);
    }

    /** Puts what the calls will look at into the directory, and tells the calls. */
    static List<List<String>> prepare(Path bundle) throws IOException {
        String config = DefaultSpec.json().replace("\"terminal\": true", "\"terminal\": false");
        write(bundle, "config.json", config);
        write(bundle, "terminal/config.json", DefaultSpec.json());
        write(bundle, "wrong/config.json", "{\"ociVersion\": 1, \"root\": {}}");
        write(bundle, "broken/config.json", "{]");
        write(bundle, "process.json", "{\"cwd\": \"/\", \"args\": [\"true\"]}");
        write(bundle, "resources.json", "{\"pids\": {\"limit\": 10}}");
        for (String container : List.of("training", "frozen")) {
            write(bundle, container + "/state.json", STATE.replace("NAME", container));
            write(bundle, container + "/config.json", config);
        }
        write(bundle, "sys/fs/cgroup/freezer/frozen/freezer.self_freezing", "1\n");
        write(bundle, "sys/fs/cgroup/freezer/training/cgroup.procs", "1\n42\n");
        write(bundle, "proc/sys/kernel/random/boot_id", "training\n");
        List<List<String>> calls = new ArrayList<>(withoutContainer(bundle.toString()));
        for (List<String> call : withContainer(bundle.toString())) {
            List<String> words = new ArrayList<>(List.of("--root", bundle.toString()));
            words.addAll(call);
            calls.add(words);
        }
        return calls;
    }

    private static List<List<String>> withoutContainer(String bundle) {
        return List.of(
                List.of("--version"),
                List.of("help"),
                List.of("spec", "--bundle", bundle),
                List.of("spec", "--rootless", "--bundle", bundle),
                List.of("run", "--bundle", bundle, "training"),
                List.of("run", "--bundle", bundle + "/terminal", "training"),
                List.of("run", "--detach", "--bundle", bundle, "training"),
                List.of("create", "--bundle", bundle, "--pid-file", "pid", "training"),
                List.of("features"),
                List.of("plan", "--bundle", bundle),
                List.of("plan", "--bundle", bundle, "--format", "json"),
                List.of("ipc", "unshare", "--", "true"),
                List.of("ipc", "exec", "1", "--", "true"),
                List.of("planner", "status"),
                // What goes wrong in an ordinary life.
                List.of("--debug", "create", "--bundle", bundle + "/wrong", "training"),
                List.of("create", "--bundle", bundle + "/broken", "training"),
                List.of("create", "--bundle", PretendExecutor.MISSING, "training"),
                List.of("run", "--no-such-option"),
                List.of("--log", "/dev/null", "--log-format", "json", "nonsense"));
    }

    private static List<List<String>> withContainer(String bundle) {
        return List.of(
                List.of("start", "training"),
                List.of("state", "training"),
                List.of("state", "unknown"),
                List.of("kill", "training", "KILL"),
                List.of("exec", "--env", "A=B", "training", "true"),
                List.of("exec", "--process", bundle + "/process.json", "training"),
                List.of("pause", "training"),
                List.of("resume", "frozen"),
                List.of("ps", "training"),
                List.of("ps", "--format", "json", "training"),
                List.of("events", "--stats", "training"),
                List.of("update", "--pids-limit", "10", "training"),
                List.of("update", "--resources", bundle + "/resources.json", "training"),
                List.of("list"),
                List.of("list", "--quiet"),
                List.of("list", "--format", "json"),
                List.of("delete", "training"),
                List.of("delete", "--force", "training"));
    }

    /** By plain streams: what is loaded only for the training is in the cache too, and every call pays for it. */
    private static void write(Path directory, String name, String content) throws IOException {
        File file = new File(directory.toString(), name);
        file.getParentFile().mkdirs();
        try (FileOutputStream out = new FileOutputStream(file)) {
            out.write(content.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void train(Path bundle, List<String> call) throws IOException {
        PretendExecutor executor = new PretendExecutor(bundle, call);
        Planner.serve(executor.input(), executor.output());
        boolean becomesCommand = call.contains("ipc") || call.contains("ps");
        if (!executor.ended() && !becomesCommand) {
            throw new IllegalStateException("the call " + call + " did not end");
        }
    }
}
