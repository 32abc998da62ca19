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
 * podman for one test class, apart from any other on the machine: own storage and state, and a mount namespace in which {@code /etc/containers}
 * has the example's drop-in. Its containers go after each test; after the class nothing may be left.
 */
final class Podman implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /** What podman asks for as root may be more than a root without CAP_SYS_RESOURCE may give. */
    private static final String OWN_CONFIGURATION = """
            [containers]
            default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
            [engine]
            conmon_env_vars = ["PATH=$PATH", "DBUS_SYSTEM_BUS_ADDRESS=$BUS"]
            """;

    /**
     * Prepares the mount namespace, and stays for it. podman of the version 1 of cgroups makes ordinary directories where there is no
     * controller of a name that it knows, so the place where it does gets a tmpfs.
     */
    private static final String NAMESPACE = """
            set -eu
            cd "$1"
            cp -a /etc/containers etc
            mkdir -p etc/containers.conf.d cgroup
            cp drop-in etc/containers.conf.d/ipcell.conf
            cp own etc/containers.conf.d/zz-own.conf
            mount --bind etc /etc/containers
            mount --bind subid /etc/subuid
            mount --bind subid /etc/subgid
            if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
                mount -t tmpfs -o mode=755 none cgroup
                for each in /sys/fs/cgroup/*; do
                    if mountpoint -q "$each"; then
                        mkdir cgroup/${each##*/}
                        mount --rbind "$each" cgroup/${each##*/}
                    fi
                done
                mount --rbind cgroup /sys/fs/cgroup
            fi
            touch ready
            exec sleep infinity
            """;

    private final Kit kit = new Kit("podman");
    private @Nullable Process namespace;
    private List<String> environment = List.of();

    @Override
    public void beforeAll(ExtensionContext context) throws IOException, InterruptedException {
        Path directory = kit.make();
        String dropIn = Files.readString(Settings.examples().resolve("engines/ipcell.conf"));
        assertThat(dropIn).contains("\"/usr/local/bin/ipcell\"");
        Files.writeString(
                directory.resolve("drop-in"),
                dropIn.replace("/usr/local/bin/ipcell", Settings.ipcell().toString()));
        Files.writeString(
                directory.resolve("own"),
                OWN_CONFIGURATION.replace("$PATH", PATH).replace("$BUS", Kit.bus(directory)));
        Files.writeString(directory.resolve("subid"), "containers:1000000:1000000\n");
        Path script = Files.writeString(directory.resolve("namespace.sh"), NAMESPACE);
        namespace = kit.start(
                List.of(
                        "unshare",
                        "--mount",
                        "--propagation",
                        "private",
                        "sh",
                        script.toString(),
                        directory.toString()),
                "namespace.log");
        try {
            kit.await("namespace.log", namespace, () -> Files.exists(directory.resolve("ready")));
            ok("import", "--change", "ENV=PATH=" + PATH, Image.layer(directory).toString(), Image.NAME);
        } catch (IOException | InterruptedException | RuntimeException | Error failed) {
            afterAll(context);
            throw failed;
        }
    }

    /** Removes the test's pods and containers; all must go, and their cgroups with them. */
    @Override
    public void afterEach(ExtensionContext context) throws IOException, InterruptedException {
        removeAll();
    }

    /** Also between the parts of a test. */
    void removeAll() throws IOException, InterruptedException {
        forgetControllers();
        ok("pod", "rm", "--all", "--force", "--time", "0");
        Call removal = call("rm", "--all", "--force", "--time", "0", "--volumes");
        if (removal.err().contains("device or resource busy")) {
            // The clean-up that conmon starts was at it too.
            Kit.await(
                    "the second removal",
                    () -> call("rm", "--all", "--force", "--time", "0", "--volumes")
                                    .exit()
                            == 0);
        } else {
            removal.ok();
        }
        assertThat(Leftovers.cgroups("/" + kit.name() + "/").stream()
                        .filter(cgroup -> !cgroup.endsWith("conmon"))
                        .toList())
                .as("cgroups")
                .isEmpty();
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException, InterruptedException {
        if (namespace != null) {
            for (Path cgroup : Leftovers.cgroups(kit.name() + "/conmon")) {
                Kit.await("conmon has left " + cgroup, () -> cgroup.toFile().delete() || !Files.exists(cgroup));
            }
            namespace.destroyForcibly();
            boolean stopped = namespace.waitFor(10, TimeUnit.SECONDS);
            kit.close();
            assertThat(stopped).as("the namespace ends").isTrue();
        }
    }

    /** What podman writes into directories that are no cgroups keeps it from removing them. */
    void forgetControllers() throws IOException, InterruptedException {
        String script = "for each in /sys/fs/cgroup/*/; do mountpoint -q \"$each\" || rm -rf \"$each\"; done";
        beside("sh", "-c", script).ok();
    }

    Path directory() {
        return kit.directory();
    }

    /** The cgroup that a container's or pod's is to be below. */
    String cgroup() {
        return "/" + kit.name();
    }

    /** What is in podman's environment from now on, as {@code NAME=VALUE}. */
    void environment(String... variables) {
        environment = List.of(variables);
    }

    /** Calls podman. */
    Call call(String... words) throws IOException, InterruptedException {
        return Call.of(Map.of(), inNamespace(podman(words)));
    }

    /** Calls podman and kills it at a moment; conmon and the runtime, which it may have called, go on. */
    void callAndKill(Kit.Step moment, String... words) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(inNamespace(podman(words)))
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        moment.run();
        process.destroyForcibly().waitFor();
    }

    /** Calls a runtime, where podman would. */
    Call runtime(String runtime, String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(runtime.equals("ipcell") ? Settings.ipcell().toString() : runtime);
        command.addAll(List.of(words));
        return beside(command.toArray(new String[0]));
    }

    /** Calls anything in podman's mount namespace. */
    Call beside(String... command) throws IOException, InterruptedException {
        return Call.of(Map.of(), inNamespace(List.of(command)));
    }

    private List<String> podman(String... words) {
        Path directory = kit.directory();
        List<String> command = new ArrayList<>(List.of("env", "-i", "PATH=" + PATH, "HOME=/nonexistent"));
        command.addAll(environment);
        command.add("podman");
        command.addAll(List.of("--root", directory.resolve("root").toString()));
        command.addAll(List.of("--runroot", directory.resolve("run").toString()));
        command.addAll(List.of("--tmpdir", directory.resolve("tmp").toString()));
        command.addAll(List.of("--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "file"));
        command.addAll(List.of(words));
        return command;
    }

    private List<String> inNamespace(List<String> words) {
        if (namespace == null) {
            throw new IllegalStateException("not started");
        }
        List<String> command = new ArrayList<>(List.of("nsenter", "--mount=/proc/" + namespace.pid() + "/ns/mnt"));
        command.addAll(words);
        return command;
    }

    /** The output of a call that must succeed. */
    String ok(String... words) throws IOException, InterruptedException {
        return call(words).ok();
    }

    /** Runs a command in a container with options separated by spaces, to its end. */
    Call run(String runtime, String options, String... command) throws IOException, InterruptedException {
        return call(line(runtime, "--rm", options, command));
    }

    /** The output of a script that must succeed in a container. */
    String inside(String runtime, String options, String script) throws IOException, InterruptedException {
        return run(runtime, options, "sh", "-c", script).ok();
    }

    /** Makes a container without starting it, and answers its ID. */
    String create(String runtime, String... command) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(line(runtime, "", "", command)));
        words.set(words.indexOf("run"), "create");
        words.remove("");
        return ok(words.toArray(new String[0]));
    }

    /** Starts a container in the background and answers its ID. */
    String start(String runtime, String options, String... command) throws IOException, InterruptedException {
        return ok(line(runtime, "--detach", options, command));
    }

    /** Runs a script in a running container. */
    Call exec(String id, String script) throws IOException, InterruptedException {
        return call("exec", id, "sh", "-c", script);
    }

    private String[] line(String runtime, String mode, String options, String... command) {
        List<String> words = new ArrayList<>(List.of("--runtime", runtime, "run", mode));
        if (!options.contains("--pod")) {
            words.addAll(List.of("--network", "none", "--cgroup-parent", cgroup()));
        }
        if (!options.isEmpty()) {
            words.addAll(List.of(options.split(" ", -1)));
        }
        words.add(Image.NAME);
        words.addAll(List.of(command));
        return words.toArray(new String[0]);
    }
}
