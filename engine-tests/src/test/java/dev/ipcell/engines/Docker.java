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

    private final Kit kit = new Kit("docker");
    private @Nullable Process daemon;

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
        Path configuration = directory.resolve("daemon.json");
        Files.writeString(
                configuration,
                Files.readString(Settings.examples().resolve("engines/daemon.json"))
                        .replace("/usr/local/bin/ipcell", Settings.ipcell().toString()));
        List<String> command = new ArrayList<>(List.of("dockerd", "--host", HOST));
        command.addAll(List.of("--bridge=none", "--iptables=false", "--ip-masq=false"));
        command.addAll(List.of("--config-file", configuration.toString()));
        command.addAll(List.of("--data-root", directory.resolve("data").toString()));
        command.addAll(List.of("--exec-root", directory.resolve("exec").toString()));
        command.addAll(List.of("--pidfile", directory.resolve("pid").toString()));
        command.addAll(List.of("--cgroup-parent", "/" + kit.name()));
        daemon = kit.start(command, "dockerd.log");
        try {
            kit.await("dockerd.log", daemon, () -> call("version").exit() == 0);
            Path image = directory.resolve("busybox.tar");
            kit.call(Map.of(), "tar", "-C", Settings.busybox().toString(), "-cf", image.toString(), ".")
                    .ok();
            ok("import", image.toString(), "busybox");
        } catch (IOException | InterruptedException | RuntimeException | Error failed) {
            afterAll(context);
            throw failed;
        }
    }

    /** Removes the test's containers; all must go, and their cgroups with them. */
    @Override
    public void afterEach(ExtensionContext context) throws IOException, InterruptedException {
        String all = ok("ps", "--all", "--quiet", "--no-trunc");
        if (!all.isEmpty()) {
            List<String> remove = new ArrayList<>(List.of("rm", "--force", "--volumes"));
            remove.addAll(List.of(all.split("\n", -1)));
            ok(remove.toArray(new String[0]));
        }
        assertThat(Leftovers.cgroups("/" + kit.name() + "/")).as("cgroups").isEmpty();
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
        List<String> split = options.isEmpty() ? List.of() : List.of(options.split(" ", -1));
        return ok(line(runtime, "--detach", split, command));
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
