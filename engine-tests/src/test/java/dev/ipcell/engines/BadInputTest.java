// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is wrong is told in one sentence in the engine's own output, and nothing is left of the attempt. */
@Tag("root")
class BadInputTest {
    @RegisterExtension
    static final Docker DOCKER = Docker.withRuntimes("""
            "gone": {"path": "/no/such/runtime"},
            "odd": {"path": "/usr/local/bin/ipcell", "runtimeArgs": ["--no-such-option"]},
            "half": {"path": "$KIT/half"},
            "twice": {"path": "$KIT/twice"},
            "doubtful": {"path": "/usr/local/bin/ipcell", "runtimeArgs": ["--rootless", "perhaps"]},
            """);

    @RegisterExtension
    static final Podman PODMAN = new Podman();

    @RegisterExtension
    static final Containerd CONTAINERD = new Containerd();

    /** Breaks off what the engine wrote of a configuration. */
    private static final String HALF = """
            #!/bin/sh
            for word; do
                if [ "${before-}" = --bundle ]; then
                    printf '{"ociVersion": "1.0.2", "process": {' >"$word/config.json"
                fi
                before=$word
            done
            exec "%s" "$@"
            """;

    /** Wants a new IPC namespace before all others. */
    private static final String TWICE = """
            #!/bin/sh
            for word; do
                if [ "${before-}" = --bundle ]; then
                    sed -i 's/"namespaces": *\\[/&{"type":"ipc"},/' "$word/config.json"
                fi
                before=$word
            done
            exec "%s" "$@"
            """;

    static void told(Call call, String... parts) {
        assertThat(call.exit()).as(call.toString()).isIn(1, 125, 126, 127);
        assertThat(call.err()).contains(parts);
        assertThat(call.err().lines().filter(line -> line.contains(parts[0]))).hasSize(1);
    }

    private static Path script(Path directory, String name, String text) throws IOException {
        Path script = directory.resolve(name);
        Files.writeString(script, text.replace("%s", Settings.ipcell().toString()));
        assertThat(script.toFile().setExecutable(true)).isTrue();
        return script;
    }

    @Test
    void a_configuration_that_is_half_written() throws IOException, InterruptedException {
        String half = script(DOCKER.directory(), "half", HALF).toString();
        String place = "config.json";
        String end = "line 1, column 37";
        told(DOCKER.run("half", List.of(), "true"), place, end);
        told(PODMAN.run(half, "", "true"), place, end);
        told(CONTAINERD.run(half, "", "true"), place, end);
    }

    @Test
    void a_runtime_that_docker_does_not_find() throws IOException, InterruptedException {
        told(DOCKER.run("gone", List.of(), "true"), "/no/such/runtime", "no such file or directory");
        told(DOCKER.run("never", List.of(), "true"), "never");
    }

    @Test
    void an_option_that_the_runtime_does_not_have() throws IOException, InterruptedException {
        told(
                DOCKER.run("odd", List.of(), "true"),
                "OCI runtime create failed: ",
                "unknown option --no-such-option; see ipcell help");
        told(
                DOCKER.run("doubtful", List.of(), "true"),
                "OCI runtime create failed: ",
                "--rootless must be auto, true or false, not \"perhaps\"");
        told(
                PODMAN.call("--runtime-flag", "no-such-option", "run", "--rm", "--network", "none", Image.NAME, "true"),
                "Error: OCI runtime error: ipcell: ",
                "unknown option --no-such-option; see ipcell help");
        String odd = script(DOCKER.directory(), "odd", "#!/bin/sh\nexec \"%s\" --no-such-option \"$@\"\n")
                .toString();
        told(
                CONTAINERD.run(odd, "", "true"),
                "OCI runtime create failed: ",
                "unknown option --no-such-option; see ipcell help");
    }

    @Test
    void a_sysctl_that_is_not_of_a_namespace() throws IOException, InterruptedException {
        told(DOCKER.run("ipcell", List.of("--sysctl", "kernel.threads-max=9"), "true"), "kernel.threads-max");
        told(PODMAN.run("ipcell", "--sysctl kernel.threads-max=9", "true"), "kernel.threads-max");
    }

    @Test
    void a_state_directory_that_is_full() throws IOException, InterruptedException {
        DOCKER.inside("ipcell", "", "true");
        Path full = DOCKER.state();
        Call.of(Map.of(), List.of("mount", "-t", "tmpfs", "-o", "size=4k,mode=755", "none", full.toString()))
                .ok();
        try {
            Call.of(Map.of(), List.of("dd", "if=/dev/zero", "of=" + full + "/rest", "bs=4096", "count=1"))
                    .ok();
            told(DOCKER.run("ipcell", List.of(), "true"), "no space left on device (ENOSPC)", full.toString());
            told(CONTAINERD.runWithRoot("ipcell", full, "true"), "no space left on device (ENOSPC)", full.toString());
            assertThat(Leftovers.in(full.resolve("moby"))).isEmpty();
            assertThat(Leftovers.in(full.resolve(CONTAINERD.name()))).isEmpty();
        } finally {
            Call.of(Map.of(), List.of("umount", full.toString())).ok();
        }
    }

    @Test
    void a_state_directory_of_podman_that_is_full() throws IOException, InterruptedException {
        String full = Files.createDirectory(PODMAN.directory().resolve("full")).toString();
        PODMAN.beside("mount", "-t", "tmpfs", "-o", "size=4k,mode=755", "none", full)
                .ok();
        PODMAN.beside("dd", "if=/dev/zero", "of=" + full + "/rest", "bs=4096", "count=1")
                .ok();
        Call call = PODMAN.call(
                "--runtime-flag",
                "root=" + full,
                "run",
                "--rm",
                "--network",
                "none",
                "--cgroup-parent",
                PODMAN.cgroup(),
                Image.NAME,
                "true");
        told(call, "no space left on device (ENOSPC)", full);
        // Compiled filters may stay.
        assertThat(PODMAN.beside("ls", "--ignore=@seccomp", full).ok()).isEqualTo("rest");
        PODMAN.beside("umount", full).ok();
    }

    @Test
    void a_configuration_that_contradicts_itself() throws IOException, InterruptedException {
        String twice = script(DOCKER.directory(), "twice", TWICE).toString();
        String[] why = {"config.json /linux/namespaces/", "duplicate namespace ipc, first in /linux/namespaces/0"};
        told(DOCKER.run("twice", List.of(), "true"), why);
        told(PODMAN.run(twice, "", "true"), why);
        told(CONTAINERD.run(twice, "", "true"), why);
    }
}
