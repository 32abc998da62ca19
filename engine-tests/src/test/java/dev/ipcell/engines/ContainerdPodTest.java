// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Pods by the Container Runtime Interface, as Kubernetes asks containerd for them; the runtime class is chosen by its handler. */
@Tag("root")
class ContainerdPodTest {
    private static final long MIB = 1 << 20;

    /** The system log of busybox is kept in System V shared memory, guarded by semaphores. */
    private static final String LOG =
            "syslogd -C16; until test -S /dev/log; do sleep 0.05; done; logger -t owner hello; sleep 1000";

    @RegisterExtension
    static final Containerd CONTAINERD = new Containerd();

    private static Cri cri;
    private final List<Cri.Pod> pods = new ArrayList<>();

    @BeforeAll
    static void connect() {
        cri = new Cri(CONTAINERD.directory().resolve("sock"));
    }

    @AfterAll
    static void disconnect() {
        cri.close();
    }

    private Cri.Pod run(String runtime) {
        Cri.Pod pod = cri.runPod(runtime, "pod-" + CONTAINERD.id(), "/" + CONTAINERD.name());
        pods.add(pod);
        return pod;
    }

    @AfterEach
    void remove() {
        pods.forEach(cri::remove);
    }

    @EachRuntime
    void containers_of_a_pod_share_its_ipc(String runtime) throws IOException, InterruptedException {
        Cri.Pod pod = run(runtime);
        String owner = cri.start(pod, "owner", 64 * MIB, List.of("sh", "-c", LOG));
        String other = cri.start(pod, "other", 64 * MIB, List.of("sleep", "1000"));
        Kit.await("the log", () -> cri.exec(other, "logread").out().contains("owner: hello"));
        String namespace = cri.exec(other, "readlink /proc/self/ns/ipc").out();
        assertThat(namespace)
                .isEqualTo(cri.exec(owner, "readlink /proc/self/ns/ipc").out())
                .isNotEqualTo(
                        Files.readSymbolicLink(Path.of("/proc/self/ns/ipc")).toString());
        assertThat(cri.exec(owner, "touch /dev/shm/note /dev/mqueue/jobs").exit())
                .isEqualTo(0);
        assertThat(cri.exec(other, "ls /dev/shm /dev/mqueue").out()).isEqualTo("/dev/mqueue:\njobs\n\n/dev/shm:\nnote");
        assertThat(cri.exec(other, "readlink /proc/self/ns/pid").out())
                .isNotEqualTo(cri.exec(owner, "readlink /proc/self/ns/pid").out());
    }

    @EachRuntime
    void a_pod_does_not_see_another_one(String runtime) throws IOException, InterruptedException {
        Cri.Pod first = run(runtime);
        String owner = cri.start(first, "owner", 64 * MIB, List.of("sh", "-c", LOG));
        Kit.await("the log", () -> cri.exec(owner, "logread").out().contains("owner: hello"));
        String stranger = cri.start(run(runtime), "stranger", 64 * MIB, List.of("sleep", "1000"));
        assertThat(cri.exec(stranger, "logread").exit()).isEqualTo(1);
        assertThat(cri.exec(stranger, "readlink /proc/self/ns/ipc").out())
                .isNotEqualTo(cri.exec(owner, "readlink /proc/self/ns/ipc").out());
    }

    @EachRuntime
    void limits_are_set_changed_and_measured(String runtime) {
        Cri.Pod pod = run(runtime);
        String id = cri.start(pod, "limited", 64 * MIB, List.of("sleep", "1000"));
        String limit = "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes 2>/dev/null || cat memory.max";
        assertThat(cri.exec(id, limit).out()).isEqualTo(Long.toString(64 * MIB));
        cri.update(id, 32 * MIB);
        assertThat(cri.exec(id, limit).out()).isEqualTo(Long.toString(32 * MIB));
        assertThat(cri.memoryOf(id)).isBetween(1L, 32 * MIB);
    }

    @EachRuntime
    void a_container_ends_by_itself_or_is_stopped(String runtime) throws IOException, InterruptedException {
        Cri.Pod pod = run(runtime);
        String brief = cri.start(pod, "brief", 64 * MIB, List.of("sh", "-c", "exit 9"));
        Kit.await("the end", () -> cri.exitOf(brief) == 9);
        String polite = cri.start(
                pod,
                "polite",
                64 * MIB,
                List.of("sh", "-c", "trap 'exit 5' TERM; touch /ready; while :; do sleep 0.05; done"));
        Kit.await("the trap", () -> cri.exec(polite, "test -e /ready").exit() == 0);
        cri.stop(polite, 20);
        assertThat(cri.exitOf(polite)).isEqualTo(5);
        String deaf = cri.start(pod, "deaf", 64 * MIB, List.of("sleep", "1000"));
        cri.stop(deaf, 0);
        assertThat(cri.exitOf(deaf)).isEqualTo(137);
    }

    @EachRuntime
    void exec_tells_the_status_and_both_outputs(String runtime) {
        Cri.Pod pod = run(runtime);
        String id = cri.start(pod, "main", 64 * MIB, List.of("sleep", "1000"));
        assertThat(cri.exec(id, "echo out; echo err >&2; exit 3")).isEqualTo(new Cri.Output(3, "out", "err"));
    }

    @EachRuntime
    void a_missing_command_is_told(String runtime) {
        Cri.Pod pod = run(runtime);
        String id = cri.create(pod, "missing", 64 * MIB, List.of("/no/such"));
        assertThatThrownBy(() -> cri.start(id))
                .hasMessageContaining("\"/no/such\"")
                .hasMessageContaining("no such file or directory");
        assertThat(cri.exitOf(id)).isEqualTo(128);
    }
}
