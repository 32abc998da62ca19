// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The IPC modes of Docker, looked at from inside. */
@Tag("root")
class DockerIpcTest {
    /** The system log of busybox is kept in System V shared memory, guarded by semaphores. */
    private static final String LOG =
            "syslogd -C16; until test -S /dev/log; do sleep 0.05; done; logger -t owner hello; touch /dev/mqueue/jobs; echo here > /dev/shm/note; sleep 1000";

    private static final String LOOK =
            "logread 2>&1 | grep -o -e 'owner: hello' -e 'No such file'; ls /dev/mqueue /dev/shm 2>&1";

    @RegisterExtension
    static final Docker DOCKER = new Docker();

    private static String namespace() throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/ns/ipc")).toString();
    }

    private static String owner(String runtime, String mode) throws IOException, InterruptedException {
        String id = DOCKER.start(runtime, "--ipc " + mode, "sh", "-c", LOG);
        Kit.await(
                "the log", () -> DOCKER.call("exec", id, "sh", "-c", LOOK).out().contains("owner: hello"));
        return id;
    }

    @EachRuntime
    void a_private_namespace_is_seen_by_its_container_only(String runtime) throws IOException, InterruptedException {
        String id = owner(runtime, "private");
        assertThat(DOCKER.ok("exec", id, "sh", "-c", LOOK))
                .isEqualTo("owner: hello\n/dev/mqueue:\njobs\n\n/dev/shm:\nnote");
        assertThat(DOCKER.inside(runtime, "--ipc private", LOOK)).isEqualTo("No such file\n/dev/mqueue:\n\n/dev/shm:");
        Call refused = DOCKER.run(runtime, List.of("--ipc", "container:" + id), "true");
        assertThat(refused.exit()).isEqualTo(125);
        assertThat(refused.err()).contains("non-shareable IPC");
    }

    @EachRuntime
    void a_shareable_namespace_can_be_joined(String runtime) throws IOException, InterruptedException {
        String id = owner(runtime, "shareable");
        String shared = "owner: hello\n/dev/mqueue:\njobs\n\n/dev/shm:\nnote";
        assertThat(DOCKER.inside(runtime, "--ipc container:" + id, LOOK)).isEqualTo(shared);
        DOCKER.inside(runtime, "--ipc container:" + id, "rm /dev/mqueue/jobs; touch /dev/mqueue/done");
        assertThat(DOCKER.ok("exec", id, "ls", "/dev/mqueue")).isEqualTo("done");
        assertThat(DOCKER.inside(runtime, "--ipc container:" + id, "readlink /proc/self/ns/ipc"))
                .isEqualTo(DOCKER.ok("exec", id, "readlink", "/proc/self/ns/ipc"))
                .isNotEqualTo(namespace());
    }

    /** A container of one runtime joins a namespace that another runtime made. */
    @EachRuntime
    void runtimes_share_namespaces_with_each_other(String runtime) throws IOException, InterruptedException {
        String id = owner(runtime, "shareable");
        String other = runtime.equals("runc") ? "ipcell" : "runc";
        assertThat(DOCKER.inside(other, "--ipc container:" + id, LOOK))
                .startsWith("owner: hello\n/dev/mqueue:\njobs\n");
    }

    @EachRuntime
    void the_hosts_namespace_is_used_where_asked_for(String runtime) throws IOException, InterruptedException {
        assertThat(DOCKER.inside(
                        runtime,
                        "--ipc host",
                        "readlink /proc/self/ns/ipc; grep -c ' /dev/mqueue mqueue ' /proc/mounts"))
                .isEqualTo(namespace() + "\n1");
    }

    @EachRuntime
    void none_means_no_shared_memory_files(String runtime) throws IOException, InterruptedException {
        assertThat(DOCKER.inside(runtime, "--ipc none", "ls -d /dev/shm /dev/mqueue 2>&1; true"))
                .isEqualTo("ls: /dev/shm: No such file or directory\n/dev/mqueue");
        assertThat(DOCKER.inside(runtime, "--ipc none", "readlink /proc/self/ns/ipc"))
                .isNotEqualTo(namespace());
    }

    @EachRuntime
    void shared_memory_files_have_the_size_that_was_asked_for(String runtime) throws IOException, InterruptedException {
        String script = "df -k /dev/shm | awk 'END { print $2 }'";
        assertThat(DOCKER.inside(runtime, "--shm-size 8m", script)).isEqualTo("8192");
        assertThat(DOCKER.inside(runtime, "--ipc shareable --shm-size 9m", script))
                .isEqualTo("9216");
        assertThat(DOCKER.inside(runtime, "", script)).isEqualTo("65536");
    }

    @EachRuntime
    void the_limit_of_queues_is_counted_per_namespace(String runtime) throws IOException, InterruptedException {
        assertThat(DOCKER.inside(
                        runtime,
                        "--sysctl fs.mqueue.queues_max=2 --cap-drop SYS_RESOURCE",
                        "cd /dev/mqueue; touch a b; touch c 2>&1; ls"))
                .isEqualTo("touch: c: No space left on device\na\nb");
    }
}
