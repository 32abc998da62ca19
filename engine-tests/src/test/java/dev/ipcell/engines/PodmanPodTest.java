// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Pods of podman, and those that are written down as for Kubernetes. */
@Tag("root")
class PodmanPodTest {
    @RegisterExtension
    static final Podman PODMAN = new Podman();

    private static String namespace(String container) throws IOException, InterruptedException {
        return PODMAN.exec(container, "readlink /proc/self/ns/ipc").ok();
    }

    @EachRuntime
    void containers_of_a_pod_share_its_ipc(String runtime) throws IOException, InterruptedException {
        PODMAN.ok(
                "--runtime",
                runtime,
                "pod",
                "create",
                "--name",
                "shared",
                "--share",
                "ipc",
                "--share-parent=false",
                "--cgroup-parent",
                PODMAN.cgroup(),
                "--infra-image",
                Image.NAME,
                "--infra-command",
                "sleep 1000");
        String owner = PODMAN.start(
                runtime,
                "--pod shared --network none --cgroup-parent " + PODMAN.cgroup(),
                "sh",
                "-c",
                "touch /dev/mqueue/jobs; exec sleep 1000");
        String other = PODMAN.start(
                runtime, "--pod shared --network none --cgroup-parent " + PODMAN.cgroup(), "sleep", "1000");
        Kit.await("jobs", () -> PODMAN.exec(other, "ls /dev/mqueue").out().equals("jobs"));
        assertThat(namespace(owner))
                .isEqualTo(namespace(other))
                .isNotEqualTo(
                        Files.readSymbolicLink(Path.of("/proc/self/ns/ipc")).toString());
        assertThat(PODMAN.exec(owner, "readlink /proc/self/ns/uts").out())
                .isNotEqualTo(PODMAN.exec(other, "readlink /proc/self/ns/uts").out());
    }

    /** The example's pod is played, written down by podman, and played again from that. */
    @EachRuntime
    void a_pod_of_kubernetes_is_played_and_written_down(String runtime) throws IOException, InterruptedException {
        Path example = PODMAN.directory().resolve("pod-" + runtime + ".yaml");
        String text = Files.readString(Settings.examples().resolve("engines/shared-ipc-pod.yaml"));
        assertThat(text).contains("image: busybox\n").contains("runtimeClassName: ipcell\n");
        Files.writeString(example, text.replace("image: busybox\n", "image: " + Image.NAME + "\n"));
        PODMAN.ok("--runtime", runtime, "play", "kube", "--network", "none", example.toString());
        played(runtime, "shared-ipc-");
        Path written = PODMAN.directory().resolve("written-" + runtime + ".yaml");
        PODMAN.ok("generate", "kube", "--filename", written.toString(), "shared-ipc");
        PODMAN.ok("pod", "kill", "shared-ipc");
        PODMAN.forgetControllers();
        PODMAN.ok("pod", "rm", "--force", "--time", "0", "shared-ipc");
        PODMAN.ok("--runtime", runtime, "play", "kube", "--network", "none", written.toString());
        played(runtime, "shared-ipc-shared-ipc-");
    }

    private static void played(String runtime, String prefix) throws IOException, InterruptedException {
        Kit.await("the consumer", () -> PODMAN.ok("logs", prefix + "consumer").equals("found jobs"));
        assertThat(namespace(prefix + "producer")).isEqualTo(namespace(prefix + "consumer"));
        assertThat(PODMAN.ok("inspect", "--format", "{{.OCIRuntime}}", prefix + "consumer"))
                .isEqualTo(runtime);
    }
}
