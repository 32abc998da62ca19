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
 * A Docker daemon for one test class, apart from any other on the machine: own socket, state, images and cgroups, and no network.
 * Its containers go after each test; after the class it is stopped and nothing may be left, whether tests failed or not.
 */
final class Docker implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
    private static final int PATIENCE_SECONDS = 30;

    /** The build puts it into the environment, because that is where Testcontainers looks for it. */
    private static final String HOST = host();

    private static final Map<String, String> ENVIRONMENT =
            Map.of("DOCKER_HOST", HOST, "DOCKER_BUILDKIT", "0", "HOME", "/nonexistent");

    /** Gives the daemon a range of users of its own, in a mount namespace of its own. */
    private static final String WITH_USERS =
            "cd \"$1\"; shift; mount --bind subid /etc/subuid && mount --bind subid /etc/subgid && exec \"$@\"";

    private final Kit kit = new Kit("docker");
    private final String runtimes;
    private final boolean mapsUsers;
    private final boolean asksSystemd;
    private @Nullable Process daemon;

    /** It forgets what it mounted for itself then. */
    private boolean killed;

    Docker() {
        this("", false, false);
    }

    private Docker(String runtimes, boolean mapsUsers, boolean asksSystemd) {
        this.runtimes = runtimes;
        this.mapsUsers = mapsUsers;
        this.asksSystemd = asksSystemd;
    }

    /** With more runtimes, as they are written in daemon.json, each followed by a comma; {@code $KIT} is the kit's directory. */
    static Docker withRuntimes(String runtimes) {
        return new Docker(runtimes, false, false);
    }

    /** Whose containers have a user namespace with a range of users from 1000000 on. */
    static Docker withUserNamespaces() {
        return new Docker("", true, false);
    }

    /** Which lets systemd make the cgroups. */
    static Docker withSystemd() {
        return new Docker("", false, true);
    }

    private static String host() {
        String host = System.getenv("DOCKER_HOST");
        if (host == null || !host.startsWith("unix:///")) {
            throw new IllegalStateException(
                    "DOCKER_HOST is not the socket that the build sets: run the tests by make test");
        }
        return host;
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException, InterruptedException {
        Path directory = kit.make();
        Files.writeString(
                directory.resolve("daemon.json"),
                Files.readString(Settings.examples().resolve("engines/daemon.json"))
                        .replace("\"runtimes\": {", "\"runtimes\": {" + runtimes.replace("$KIT", directory.toString()))
                        .replace("/usr/local/bin/ipcell", Settings.ipcell().toString()));
        Files.writeString(directory.resolve("subid"), "nobody:1000000:65536\n");
        try {
            start();
            ok("import", Image.layer(directory).toString(), "busybox");
        } catch (IOException | InterruptedException | RuntimeException | Error failed) {
            afterAll(context);
            throw failed;
        }
    }

    /** Starts the daemon; also after {@link #kill}. */
    void start() throws IOException, InterruptedException {
        Path directory = kit.directory();
        Files.deleteIfExists(directory.resolve("pid"));
        List<String> command = new ArrayList<>();
        if (mapsUsers) {
            command.addAll(List.of("unshare", "--mount", "--propagation", "private"));
            command.addAll(List.of("sh", "-c", WITH_USERS, "sh", directory.toString()));
        }
        command.addAll(List.of("dockerd", "--host", HOST));
        if (mapsUsers) {
            command.addAll(List.of("--userns-remap", "nobody:nogroup"));
        }
        command.addAll(List.of("--bridge=none", "--iptables=false", "--ip-masq=false"));
        command.addAll(List.of("--config-file", directory.resolve("daemon.json").toString()));
        command.addAll(List.of("--data-root", directory.resolve("data").toString()));
        command.addAll(List.of("--exec-root", directory.resolve("exec").toString()));
        command.addAll(List.of("--pidfile", directory.resolve("pid").toString()));
        if (asksSystemd) {
            command.addAll(
                    List.of("--exec-opt", "native.cgroupdriver=systemd", "--cgroup-parent", kit.name() + ".slice"));
        } else {
            command.addAll(List.of("--cgroup-parent", "/" + kit.name()));
        }
        daemon = kit.start(command, "dockerd.log");
        kit.await("dockerd.log", daemon, () -> call("version").exit() == 0);
    }

    /** Kills the daemon and its containerd, which have no time to put anything in order; the shims live on. */
    void kill() throws IOException, InterruptedException {
        if (daemon == null) {
            throw new IllegalStateException("not started");
        }
        killed = true;
        Path pid = kit.directory().resolve("exec/containerd/containerd.pid");
        List<ProcessHandle> children = daemon.children().toList();
        daemon.destroyForcibly().waitFor();
        children.forEach(ProcessHandle::destroyForcibly);
        // Docker believes it while the number belongs to a process, be it a dead one that nobody has waited for.
        Files.deleteIfExists(pid);
    }

    /** Removes the test's containers; all must go, and their cgroups with them. */
    @Override
    public void afterEach(ExtensionContext context) throws IOException, InterruptedException {
        removeAll();
    }

    /** Also between the parts of a test. */
    void removeAll() throws IOException, InterruptedException {
        removeContainers();
        assertThat(Leftovers.cgroups("/" + kit.name() + "/")).as("cgroups").isEmpty();
        assertThat(Leftovers.in(kit.directory().resolve("exec/runtime-runc/moby")))
                .as("state")
                .isEmpty();
    }

    void removeContainers() throws IOException, InterruptedException {
        String all = ok("ps", "--all", "--quiet", "--no-trunc");
        if (!all.isEmpty()) {
            List<String> remove = new ArrayList<>(List.of("rm", "--force", "--volumes"));
            remove.addAll(List.of(all.split("\n", -1)));
            ok(remove.toArray(new String[0]));
        }
    }

    /**
     * A containerd that was killed amid a create may know nothing of the shim any more, with any runtime. It cleans up when it starts again and
     * the shim does not answer, if the shim had called a runtime already.
     */
    void endForgottenShims() throws IOException, InterruptedException {
        kill();
        kit.endShims();
        start();
        Path bundles = kit.directory().resolve("exec/containerd/daemon/io.containerd.runtime.v2.task/moby");
        kit.awaitNoBundles(bundles, "dockerd.log");
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException, InterruptedException {
        if (daemon != null) {
            daemon.destroy();
            boolean stopped = daemon.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (killed) {
                Call.of(
                        Map.of(),
                        List.of("umount", kit.directory().resolve("data").toString()));
            }
            kit.close();
            assertThat(stopped).as("the daemon stops").isTrue();
        }
    }

    /** Where the runtimes keep the state of containers; there is none before the first of them. */
    Path state() throws IOException {
        try (Stream<Path> all = Files.list(kit.directory().resolve("exec"))) {
            return all.filter(path -> path.getFileName().toString().startsWith("runtime-"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** What is left of an image, a container or the daemon itself is named by it. */
    String name() {
        return kit.name();
    }

    /** The kit's directory, for files of a test. */
    Path directory() {
        return kit.directory();
    }

    /** Calls the Docker client. */
    Call call(String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("docker"));
        command.addAll(List.of(words));
        return Call.of(ENVIRONMENT, command);
    }

    /** The output of a call that must succeed. */
    String ok(String... words) throws IOException, InterruptedException {
        return call(words).ok();
    }

    /** Runs a script in a container with options, to its end. */
    Call run(String runtime, List<String> options, String script) throws IOException, InterruptedException {
        return call(line(runtime, "--rm", options, "sh", "-c", script));
    }

    /** The output of a script that must succeed in a container with these options. */
    String inside(String runtime, String options, String script) throws IOException, InterruptedException {
        return run(runtime, options.isEmpty() ? List.of() : List.of(options.split(" ", -1)), script)
                .ok();
    }

    /** Starts a container in the background, with options separated by spaces, and answers its ID. */
    String start(String runtime, String options, String... command) throws IOException, InterruptedException {
        return tryStart(runtime, options, command).ok();
    }

    /** The same, if it works. */
    Call tryStart(String runtime, String options, String... command) throws IOException, InterruptedException {
        List<String> split = options.isEmpty() ? List.of() : List.of(options.split(" ", -1));
        return call(line(runtime, "--detach", split, command));
    }

    /** What {@code docker inspect} knows of a container under this Go template. */
    String inspect(String id, String template) throws IOException, InterruptedException {
        return ok("inspect", "--format", template, id);
    }

    private static String[] line(String runtime, String mode, List<String> options, String... command) {
        List<String> words = new ArrayList<>(List.of("run", mode, "--network", "none", "--runtime", runtime));
        words.addAll(options);
        words.add("busybox");
        words.addAll(List.of(command));
        return words.toArray(new String[0]);
    }
}
