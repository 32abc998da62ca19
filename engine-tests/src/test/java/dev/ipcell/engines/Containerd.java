// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A containerd for one test class, apart from any other on the machine: own configuration, root, state and socket. Its namespace, and so
 * the cgroup of its containers, has the kit's name. Nothing may be left of a test, nor of the class.
 */
final class Containerd implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
    private static final int PATIENCE_SECONDS = 30;
    private static final String OWN = """
            root = "%1$s/root"
            state = "%1$s/state"
            [grpc]
              address = "%1$s/sock"
            """;
    private static final String OWN_CRI = """

            [plugins."io.containerd.grpc.v1.cri"]
              sandbox_image = "%2$s"
              # Not every root may lower it.
              restrict_oom_score_adj = true
            [plugins."io.containerd.grpc.v1.cri".containerd]
              snapshotter = "native"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
              runtime_type = "io.containerd.runc.v2"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
              BinaryName = "runc"
              Root = "%1$s/runtime"
            """;

    private final Kit kit = new Kit("containerd");
    private @Nullable Process daemon;
    private int ids;

    /** Its own directories it may forget then. */
    private boolean killed;

    @Override
    public void beforeAll(ExtensionContext context) throws IOException, InterruptedException {
        configure(kit.make());
        try {
            start();
            Path image = Image.archive(kit.directory());
            for (String namespace : List.of(kit.name(), "k8s.io")) {
                ctr(namespace, "images", "import", "--snapshotter", "native", image.toString())
                        .ok();
            }
        } catch (IOException | InterruptedException | RuntimeException | Error failed) {
            afterAll(context);
            throw failed;
        }
    }

    /** The example's configuration, with what keeps this containerd to itself. */
    private void configure(Path directory) throws IOException {
        String example = Files.readString(Settings.examples().resolve("engines/containerd-config.toml"));
        String binary = "BinaryName = \"" + Settings.ipcell() + "\"";
        String configuration = example.replace("version = 2\n", "version = 2\n" + OWN)
                        .replace("BinaryName = \"/usr/local/bin/ipcell\"", binary + "\n      Root = \"%1$s/runtime\"")
                + OWN_CRI;
        assertThat(configuration).contains(OWN).contains(binary);
        Files.writeString(
                directory.resolve("config.toml"),
                configuration.replace("%1$s", directory.toString()).replace("%2$s", Image.NAME));
    }

    /** Starts the daemon; also after {@link #kill}. */
    void start() throws IOException, InterruptedException {
        String configuration = kit.directory().resolve("config.toml").toString();
        daemon = kit.start(List.of("containerd", "--config", configuration), "containerd.log");
        kit.await("containerd.log", daemon, () -> call("version").exit() == 0);
    }

    /** Kills the daemon, which has no time to put anything in order. */
    void kill() throws InterruptedException {
        if (daemon == null) {
            throw new IllegalStateException("not started");
        }
        killed = true;
        daemon.destroyForcibly().waitFor();
    }

    /**
     * One that was killed amid a create may know nothing of the shim any more, with any runtime. It cleans up when it starts again and the shim
     * does not answer, if the shim had called a runtime already.
     */
    void endForgottenShims() throws IOException, InterruptedException {
        kill();
        kit.endShims();
        start();
        kit.awaitNoBundles(bundles(), "containerd.log");
    }

    /** Whether there is a shim, though it may not have been asked for anything yet. */
    boolean hasShim() throws IOException {
        return !Leftovers.bundles(bundles(), "address").isEmpty();
    }

    private Path bundles() {
        return kit.directory().resolve("state/io.containerd.runtime.v2.task").resolve(kit.name());
    }

    /**
     * Deletes by the runtime itself what it had made when containerd was killed, and the shim, which learnt of the kill before it learnt that
     * the create was done, took for failed. containerd 1.6 keeps such a shim, does not list it, and asks nobody to delete anything. That is so
     * with runc too, in 14 of 150 kills within the first 60 ms of a create.
     */
    void deleteForgotten(String runtime) throws IOException, InterruptedException {
        Path root = kit.directory().resolve("runtime").resolve(kit.name());
        List<String> known = lines(ok("tasks", "ls", "--quiet"));
        for (String id : lines(runtime(runtime, root, "list", "--quiet").ok())) {
            if (!known.contains(id)) {
                assertThat(runtime(runtime, root, "state", id).ok()).containsPattern("\"status\": *\"created\"");
                runtime(runtime, root, "delete", "--force", id).ok();
            }
        }
    }

    private static Call runtime(String runtime, Path root, String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(binary(runtime), "--root", root.toString()));
        command.addAll(List.of(words));
        return Call.of(Map.of(), command);
    }

    private static String binary(String runtime) {
        return runtime.equals("ipcell") ? Settings.ipcell().toString() : runtime;
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException, InterruptedException {
        removeAll();
        if (!killed) {
            assertThat(entries(kit.directory().resolve("state/io.containerd.runtime.v2.task")))
                    .as("bundles")
                    .isEmpty();
        }
    }

    /**
     * Also between the parts of a test. What containerd cleans up when it was started again, it does in the background, and lists no
     * task that it has not looked at; so this is asked for until there is nothing.
     */
    void removeAll() throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE_SECONDS * 1_000_000_000L;
        List<String> left = remove();
        while (!left.isEmpty() && System.nanoTime() < end) {
            Thread.sleep(200);
            left = remove();
        }
        assertThat(left).as("cgroups and state").isEmpty();
    }

    /** Removes what there is and answers what is left. */
    private List<String> remove() throws IOException, InterruptedException {
        for (String id : lines(ok("tasks", "ls", "--quiet"))) {
            call("tasks", "rm", "--force", id);
        }
        for (String id : lines(ok("containers", "ls", "--quiet"))) {
            call("containers", "rm", id);
        }
        List<Path> left = new ArrayList<>(Leftovers.cgroups("/" + kit.name() + "/"));
        left.addAll(entries(kit.directory().resolve("runtime")));
        return left.stream().map(Path::toString).toList();
    }

    private static List<String> lines(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split("\n", -1));
    }

    /** What is in the directories of the namespaces below a directory; compiled seccomp filters may stay. */
    private static List<Path> entries(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(directory, 2)) {
            return all.filter(path -> path.getNameCount() == directory.getNameCount() + 2 && !path.endsWith("@seccomp"))
                    .toList();
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException, InterruptedException {
        if (daemon != null) {
            daemon.destroy();
            boolean stopped = daemon.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            kit.close();
            assertThat(stopped).as("the daemon stops").isTrue();
        }
    }

    /** The kit's name, which is that of the namespace and of the cgroup above the containers. */
    String name() {
        return kit.name();
    }

    Path directory() {
        return kit.directory();
    }

    /** A container's ID that none had before. */
    String id() {
        return "c" + ids++;
    }

    /** Calls containerd's own client. */
    Call call(String... words) throws IOException, InterruptedException {
        return ctr(kit.name(), words);
    }

    private Call ctr(String namespace, String... words) throws IOException, InterruptedException {
        return Call.of(Map.of(), client(namespace, words));
    }

    private List<String> client(String namespace, String... words) {
        String socket = kit.directory().resolve("sock").toString();
        List<String> command = new ArrayList<>(List.of("ctr", "--address", socket, "--namespace", namespace));
        command.addAll(List.of(words));
        return command;
    }

    /** The output of a call that must succeed. */
    String ok(String... words) throws IOException, InterruptedException {
        return call(words).ok();
    }

    /** Runs a command in a container with options separated by spaces, to its end. */
    Call run(String runtime, String options, String... command) throws IOException, InterruptedException {
        return call(line(runtime, "--rm", options, id(), command));
    }

    /** Starts a container in the background and answers its ID. */
    String start(String runtime, String options, String... command) throws IOException, InterruptedException {
        String id = id();
        ok(line(runtime, "--detach", options, id, command));
        return id;
    }

    /** Runs a command with another directory for the runtime's state. */
    Call runWithRoot(String runtime, Path root, String... command) throws IOException, InterruptedException {
        String[] line = line(runtime, "--rm", "", id(), command);
        line[List.of(line).indexOf("--runc-root") + 1] = root.toString();
        return call(line);
    }

    /** Runs a command in a container whose cgroup systemd is to make. */
    Call runBySystemd(String runtime, String... command) throws IOException, InterruptedException {
        String id = id();
        String cgroup = kit.name() + ".slice:ctr:" + id;
        return call(line(runtime, "--rm", "--runc-systemd-cgroup --cgroup " + cgroup, id, command));
    }

    /** Runs a script in a container, to its end. */
    Call exec(String id, String script) throws IOException, InterruptedException {
        return call("tasks", "exec", "--exec-id", id(), id, "sh", "-c", script);
    }

    /** The output of a script in a container with a terminal; ctr wants one itself, which script(1) makes. */
    String onTerminal(String runtime, String script) throws IOException, InterruptedException {
        List<String> command = client(kit.name(), line(runtime, "--rm", "--tty", id(), "sh", "-c", "'" + script + "'"));
        return Call.of(
                        Map.of("SHELL", "/bin/sh"),
                        List.of("script", "--quiet", "--return", "--command", String.join(" ", command), "/dev/null"))
                .ok()
                .replace("\r", "");
    }

    private String[] line(String runtime, String mode, String options, String id, String... command) {
        List<String> words =
                new ArrayList<>(List.of("run", mode, "--snapshotter", "native", "--runc-binary", binary(runtime)));
        words.addAll(List.of("--runc-root", kit.directory().resolve("runtime").toString()));
        if (!options.isEmpty()) {
            words.addAll(List.of(options.split(" ", -1)));
        }
        words.addAll(List.of(Image.NAME, id));
        words.addAll(List.of(command));
        return words.toArray(new String[0]);
    }
}
