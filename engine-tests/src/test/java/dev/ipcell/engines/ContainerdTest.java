// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tasks of containerd, through its shim for runc. */
@Tag("root")
class ContainerdTest {
    @RegisterExtension
    static final Containerd CONTAINERD = new Containerd();

    @EachRuntime
    void the_exit_status_and_both_outputs_come_back(String runtime) throws IOException, InterruptedException {
        Call call = CONTAINERD.run(runtime, "", "sh", "-c", "echo out; echo err >&2; exit 7");
        assertThat(call).isEqualTo(new Call(7, "out", "err"));
    }

    @EachRuntime
    void its_options_hold_inside(String runtime) throws IOException, InterruptedException {
        assertThat(CONTAINERD
                        .run(
                                runtime,
                                "--read-only --env A=b --cwd /tmp --cap-drop CAP_CHOWN --seccomp --memory-limit 67108864",
                                "sh",
                                "-c",
                                "pwd; echo $A; touch /x 2>&1; grep -E 'CapBnd|Seccomp:|NoNewPrivs' /proc/self/status")
                        .ok()
                        .replaceAll("\\s+", " "))
                .isEqualTo("/tmp b touch: /x: Read-only file system CapBnd: 00000000a80425fa NoNewPrivs: 1 Seccomp: 2");
    }

    @EachRuntime
    void a_task_is_listed_and_asked_for_its_processes(String runtime) throws IOException, InterruptedException {
        String id = CONTAINERD.start(runtime, "", "sh", "-c", "sleep 1001 & sleep 1002");
        String line = task(id);
        assertThat(line).matches(id + " [1-9][0-9]* RUNNING");
        String pid = line.split(" ", -1)[1];
        Kit.await(
                "two processes", () -> CONTAINERD.ok("tasks", "ps", id).lines().count() == 3);
        assertThat(CONTAINERD.ok("tasks", "ps", id)).containsPattern("(?m)^" + pid + " ");
        assertThat(Files.readString(Path.of("/proc", pid, "cgroup"))).contains("/" + CONTAINERD.name() + "/" + id);
    }

    @EachRuntime
    void exec_runs_inside_and_tells_its_status(String runtime) throws IOException, InterruptedException {
        String id = CONTAINERD.start(runtime, "--env A=b", "sleep", "1000");
        assertThat(CONTAINERD.exec(id, "echo $A; echo err >&2; exit 3")).isEqualTo(new Call(3, "b", "err"));
        Call missing = CONTAINERD.call("tasks", "exec", "--exec-id", CONTAINERD.id(), id, "/no/such");
        assertThat(missing.exit()).isEqualTo(1);
        assertThat(missing.err()).contains("\"/no/such\"").contains("no such file or directory");
        Call unknown = CONTAINERD.call("tasks", "exec", "--exec-id", CONTAINERD.id(), id, "no-such");
        assertThat(unknown.err()).contains("\"no-such\": executable file not found in $PATH");
    }

    @EachRuntime
    void a_signal_arrives_and_delete_tells_the_status(String runtime) throws IOException, InterruptedException {
        String id = CONTAINERD.start(
                runtime, "", "sh", "-c", "trap 'exit 6' USR1; touch /ready; while :; do sleep 0.05; done");
        Kit.await("the trap", () -> CONTAINERD.exec(id, "test -e /ready").exit() == 0);
        CONTAINERD.ok("tasks", "kill", "--signal", "SIGUSR1", id);
        Kit.await("the end", () -> task(id).endsWith("STOPPED"));
        Call again = CONTAINERD.call("tasks", "kill", id);
        assertThat(again.err()).contains("process already finished: not found");
        Call delete = CONTAINERD.call("tasks", "delete", id);
        assertThat(delete.exit()).isEqualTo(0);
        assertThat(delete.err()).contains("exit code 6");
    }

    @EachRuntime
    void all_processes_of_a_task_are_killed(String runtime) throws IOException, InterruptedException {
        String id = CONTAINERD.start(runtime, "--with-ns pid:/proc/self/ns/pid", "sh", "-c", "sleep 1001 & sleep 1002");
        Kit.await(
                "two processes", () -> CONTAINERD.ok("tasks", "ps", id).lines().count() == 3);
        CONTAINERD.ok("tasks", "kill", "--all", "--signal", "SIGKILL", id);
        Kit.await("the end", () -> task(id).endsWith("STOPPED"));
        assertThat(Leftovers.inCgroup(CONTAINERD.name() + "/" + id)).isEmpty();
    }

    @EachRuntime
    void pause_makes_it_stand_still(String runtime) throws IOException, InterruptedException {
        Path shared = Files.createDirectory(CONTAINERD.directory().resolve("paused-" + runtime));
        Path count = shared.resolve("count");
        String id = CONTAINERD.start(
                runtime,
                "--mount type=bind,src=" + shared + ",dst=/shared,options=rbind:rw",
                "sh",
                "-c",
                "while :; do echo x >>/shared/count; sleep 0.02; done");
        Kit.await("it runs", () -> Files.exists(count));
        CONTAINERD.ok("tasks", "pause", id);
        assertThat(task(id)).endsWith("PAUSED");
        assertThat(CONTAINERD.exec(id, "true").err()).contains("paused");
        long before = Files.size(count);
        Thread.sleep(200);
        assertThat(Files.size(count)).isEqualTo(before);
        CONTAINERD.ok("tasks", "resume", id);
        assertThat(task(id)).endsWith("RUNNING");
        Kit.await("it runs again", () -> Files.size(count) > before);
    }

    @EachRuntime
    void metrics_tell_what_it_uses(String runtime) throws IOException, InterruptedException {
        String id = CONTAINERD.start(runtime, "--memory-limit 67108864", "sleep", "1000");
        String metrics = CONTAINERD.ok("tasks", "metrics", id).replaceAll(" +", " ");
        assertThat(metrics).containsPattern("(?m)^(memory.limit_in_bytes 67108864|memory.usage_limit 67108864) *$");
        assertThat(metrics).containsPattern("(?m)^pids.current 1 *$");
        assertThat(metrics).containsPattern("(?m)^(cpuacct.usage|cpu.usage_usec) [1-9]");
    }

    @EachRuntime
    void a_terminal_is_one_inside(String runtime) throws IOException, InterruptedException {
        assertThat(CONTAINERD.onTerminal(runtime, "tty; test -t 0 && test -t 1 && test -t 2 && echo terminal"))
                .endsWith("/dev/pts/0\nterminal");
    }

    @EachRuntime
    void a_namespace_of_another_container_is_joined(String runtime) throws IOException, InterruptedException {
        String owner = CONTAINERD.start(runtime, "", "sh", "-c", "touch /dev/mqueue/jobs; sleep 1000");
        Kit.await(
                "a queue",
                () -> CONTAINERD.exec(owner, "test -e /dev/mqueue/jobs").exit() == 0);
        String path = "/proc/" + task(owner).split(" ", -1)[1] + "/ns/ipc";
        assertThat(CONTAINERD
                        .run(runtime, "--with-ns ipc:" + path, "sh", "-c", "ls /dev/mqueue; readlink /proc/self/ns/ipc")
                        .ok())
                .isEqualTo("jobs\n" + Files.readSymbolicLink(Path.of(path)));
    }

    @EachRuntime
    void users_are_mapped(String runtime) throws IOException, InterruptedException {
        assertThat(CONTAINERD
                        .run(
                                runtime,
                                "--uidmap 0:100000:65536 --gidmap 0:200000:65536",
                                "sh",
                                "-c",
                                "id -u; cat /proc/self/uid_map /proc/self/gid_map")
                        .ok()
                        .replaceAll("[ \n]+", " "))
                .isEqualTo("0 0 100000 65536 0 200000 65536");
    }

    @EachRuntime
    void a_task_can_be_started_again(String runtime) throws IOException, InterruptedException {
        String id = CONTAINERD.start(runtime, "", "sh", "-c", "echo x >>/times; sleep 1000");
        CONTAINERD.ok("tasks", "kill", "--signal", "SIGKILL", id);
        Kit.await("the end", () -> task(id).endsWith("STOPPED"));
        CONTAINERD.ok("tasks", "delete", id);
        CONTAINERD.ok("tasks", "start", "--detach", id);
        Kit.await(
                "a second start", () -> CONTAINERD.exec(id, "cat /times").out().equals("x\nx"));
    }

    @EachRuntime
    void a_command_that_cannot_run_is_one_sentence(String runtime) throws IOException, InterruptedException {
        Call missing = CONTAINERD.run(runtime, "", "/no/such");
        assertThat(missing.exit()).isEqualTo(1);
        assertThat(missing.err())
                .hasLineCount(1)
                .contains("failed to create shim task: OCI runtime create failed")
                .contains("\"/no/such\"")
                .contains("no such file or directory");
        assertThat(CONTAINERD.run(runtime, "", "/etc/passwd").err())
                .hasLineCount(1)
                .contains("\"/etc/passwd\": permission denied");
    }

    /** A runtime without CRIU says so; ipcell has none. The task lives on. */
    @EachRuntime
    void a_checkpoint_is_refused_clearly(String runtime) throws IOException, InterruptedException {
        String id = CONTAINERD.start(runtime, "", "sleep", "1000");
        Call refused = CONTAINERD.call("tasks", "checkpoint", id);
        assertThat(refused.exit()).isEqualTo(1);
        if (runtime.equals("ipcell")) {
            assertThat(refused.err()).contains("exit status 1: ipcell: checkpoint is not supported");
        }
        assertThat(task(id)).endsWith("RUNNING");
    }

    /** {@code ID PID STATUS}, or nothing. */
    private static String task(String id) throws IOException, InterruptedException {
        return CONTAINERD
                .ok("tasks", "ls")
                .lines()
                .map(line -> line.strip().replaceAll(" +", " "))
                .filter(line -> line.startsWith(id + " "))
                .findFirst()
                .orElse("");
    }
}
