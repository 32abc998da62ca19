// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Containers of podman. */
@Tag("root")
class PodmanTest {
    private static final String STATUS = "{{.State.Status}} {{.State.ExitCode}}";

    @RegisterExtension
    static final Podman PODMAN = new Podman();

    private static String inspect(String id, String template) throws IOException, InterruptedException {
        return PODMAN.ok("inspect", "--format", template, id);
    }

    @Test
    void the_drop_in_makes_it_the_default() throws IOException, InterruptedException {
        assertThat(PODMAN.ok("info", "--format", "{{.Host.OCIRuntime.Name}}")).isEqualTo("ipcell");
        String id = PODMAN.ok(
                "run", "--detach", "--network", "none", "--cgroup-parent", PODMAN.cgroup(), Image.NAME, "sleep", "9");
        assertThat(inspect(id, "{{.OCIRuntime}}")).isEqualTo("ipcell");
    }

    @EachRuntime
    void the_exit_status_and_both_outputs_come_back(String runtime) throws IOException, InterruptedException {
        Call call = PODMAN.run(runtime, "", "sh", "-c", "echo out; echo err >&2; exit 7");
        assertThat(call).isEqualTo(new Call(7, "out", "err"));
    }

    @EachRuntime
    void its_options_hold_inside(String runtime) throws IOException, InterruptedException {
        assertThat(
                        PODMAN.inside(
                                runtime,
                                "--read-only --read-only-tmpfs=false --env A=b --workdir /tmp --user 7:8 --hostname cell --cap-drop all"
                                        + " --sysctl kernel.msgmax=9999 --shm-size 8m --memory 64m --tmpfs /scratch:size=1m",
                                "pwd; echo $A; id -u; hostname; touch /x 2>&1; cat /proc/sys/kernel/msgmax;"
                                        + " df -k /dev/shm /scratch | awk 'NR > 1 { print $2 }'; grep -E 'CapBnd|Seccomp:' /proc/self/status;"
                                        + " cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max"))
                .isEqualTo("/tmp\nb\n7\ncell\ntouch: /x: Read-only file system\n9999\n8192\n1024\n"
                        + "CapBnd:\t0000000000000000\nSeccomp:\t2\n67108864");
    }

    @EachRuntime
    void no_limit_of_processes_is_none(String runtime) throws IOException, InterruptedException {
        String script = "cat /sys/fs/cgroup/pids/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids.max";
        assertThat(PODMAN.inside(runtime, "--pids-limit -1", script)).isEqualTo("max");
        assertThat(PODMAN.inside(runtime, "--pids-limit 33", script)).isEqualTo("33");
    }

    @EachRuntime
    void exec_runs_beside_the_command(String runtime) throws IOException, InterruptedException {
        String id = PODMAN.start(runtime, "--env A=b", "sleep", "1000");
        assertThat(PODMAN.exec(id, "echo $A; echo err >&2; exit 3")).isEqualTo(new Call(3, "b", "err"));
        assertThat(PODMAN.ok("exec", "--user", "7:8", "--workdir", "/tmp", id, "sh", "-c", "id -u; pwd"))
                .isEqualTo("7\n/tmp");
        assertThat(PODMAN.ok("exec", "--tty", id, "tty").strip()).matches("/dev/pts/[0-9]+");
        Call missing = PODMAN.call("exec", id, "no-such");
        assertThat(missing.exit()).isEqualTo(127);
        assertThat(missing.err()).contains("\"no-such\": executable file not found in $PATH");
        Call data = PODMAN.call("exec", id, "/etc/passwd");
        assertThat(data.exit()).isEqualTo(126);
        assertThat(data.err()).contains("\"/etc/passwd\": permission denied");
    }

    @EachRuntime
    void a_command_that_cannot_run_is_one_sentence(String runtime) throws IOException, InterruptedException {
        Call missing = PODMAN.run(runtime, "", "/no/such");
        assertThat(missing.exit()).isEqualTo(127);
        assertThat(missing.err()).hasLineCount(1).contains("\"/no/such\"").contains("no such file or directory");
        Call unknown = PODMAN.run(runtime, "", "no-such");
        assertThat(unknown.exit()).isEqualTo(127);
        assertThat(unknown.err()).hasLineCount(1).contains("\"no-such\": executable file not found in $PATH");
        Call data = PODMAN.run(runtime, "", "/etc/passwd");
        assertThat(data.exit()).isEqualTo(126);
        assertThat(data.err()).hasLineCount(1).contains("\"/etc/passwd\": permission denied");
    }

    @EachRuntime
    void stop_kill_and_restart(String runtime) throws IOException, InterruptedException {
        String id = PODMAN.start(
                runtime,
                "",
                "sh",
                "-c",
                "echo x >>/times; trap 'exit 5' TERM; trap 'exit 6' USR1; touch /dev/shm/ready; while :; do sleep 0.05; done");
        Kit.await("the traps", () -> PODMAN.exec(id, "test -e /dev/shm/ready").exit() == 0);
        PODMAN.ok("stop", "--time", "20", id);
        assertThat(inspect(id, STATUS)).isEqualTo("exited 5");
        PODMAN.ok("restart", id);
        Kit.await("the traps", () -> PODMAN.exec(id, "test -e /dev/shm/ready").exit() == 0);
        assertThat(PODMAN.exec(id, "cat /times").out()).isEqualTo("x\nx");
        PODMAN.ok("kill", "--signal", "USR1", id);
        assertThat(PODMAN.ok("wait", id)).isEqualTo("6");
    }

    @EachRuntime
    void rm_force_ends_what_runs(String runtime) throws IOException, InterruptedException {
        String id = PODMAN.start(runtime, "", "sleep", "1000");
        assertThat(PODMAN.call("rm", id).err()).contains("cannot remove");
        PODMAN.ok("rm", "--force", "--time", "0", id);
        assertThat(PODMAN.ok("ps", "--all", "--quiet")).isEmpty();
        // podman answers before conmon and the clean-up that conmon called have ended, with either runtime.
        Leftovers.assertNone(id);
    }

    @EachRuntime
    void pause_makes_it_stand_still(String runtime) throws IOException, InterruptedException {
        String id = PODMAN.start(runtime, "", "sh", "-c", "while :; do echo x; sleep 0.02; done");
        Kit.await("it runs", () -> !PODMAN.ok("logs", id).isEmpty());
        PODMAN.ok("pause", id);
        assertThat(inspect(id, STATUS)).isEqualTo("paused 0");
        int before = PODMAN.ok("logs", id).length();
        Thread.sleep(200);
        assertThat(PODMAN.ok("logs", id)).hasSize(before);
        PODMAN.ok("unpause", id);
        Kit.await("it runs again", () -> PODMAN.ok("logs", id).length() > before);
    }

    @EachRuntime
    void logs_top_stats_and_update(String runtime) throws IOException, InterruptedException {
        String id =
                PODMAN.start(runtime, "--memory 48m", "sh", "-c", "echo out; echo err >&2; sleep 1001 & sleep 1002");
        Kit.await("two sleeps", () -> PODMAN.ok("top", id, "args").contains("sleep 1002"));
        assertThat(PODMAN.ok("top", id, "args")).contains("sleep 1001").hasLineCount(3);
        assertThat(PODMAN.call("logs", id)).isEqualTo(new Call(0, "out", "err"));
        assertThat(PODMAN.ok("stats", "--no-stream", "--format", "{{.PIDs}};{{.MemUsage}}", id))
                .matches("2;[1-9][0-9.]*k?B / 50.33MB");
        PODMAN.ok("update", "--memory", "32m", "--memory-swap", "32m", "--cpus", "0.25", id);
        assertThat(PODMAN.exec(
                                id,
                                "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us 2>/dev/null"
                                        + " || cat memory.max cpu.max")
                        .ok())
                .isIn("33554432\n25000", "33554432\n25000 100000");
    }

    @EachRuntime
    void an_init_process_and_a_terminal(String runtime) throws IOException, InterruptedException {
        assertThat(PODMAN.inside(runtime, "--init", "tr '\\0' ' ' </proc/1/cmdline"))
                .matches("/(dev|run/podman)[/-]init -- sh -c .*");
        assertThat(PODMAN.inside(runtime, "--tty", "tty; test -t 0 && echo terminal")
                        .replace("\r", ""))
                .isEqualTo("/dev/pts/0\nterminal");
    }

    @EachRuntime
    void the_modes_of_ipc(String runtime) throws IOException, InterruptedException {
        String look = "readlink /proc/self/ns/ipc; ls /dev/mqueue /dev/shm";
        String host = Files.readSymbolicLink(Path.of("/proc/self/ns/ipc")).toString();
        String owner = PODMAN.start(
                runtime, "--ipc shareable", "sh", "-c", "touch /dev/mqueue/jobs /dev/shm/note; exec sleep 1000");
        Kit.await("a note", () -> PODMAN.exec(owner, "test -e /dev/shm/note").exit() == 0);
        String shared = PODMAN.exec(owner, look).ok();
        assertThat(shared).endsWith("\n/dev/mqueue:\njobs\n\n/dev/shm:\nnote").doesNotContain(host);
        assertThat(PODMAN.inside(runtime, "--ipc container:" + owner, look)).isEqualTo(shared);
        assertThat(PODMAN.inside(runtime, "--ipc private", look))
                .endsWith("\n/dev/mqueue:\n\n/dev/shm:")
                .doesNotContain(host)
                .isNotEqualTo(shared);
        assertThat(PODMAN.inside(runtime, "--ipc host", "readlink /proc/self/ns/ipc"))
                .isEqualTo(host);
        assertThat(PODMAN.inside(runtime, "--ipc none", "ls -d /dev/shm /dev/mqueue 2>&1; true"))
                .isEqualTo("ls: /dev/shm: No such file or directory\n/dev/mqueue");
        String own = PODMAN.start(runtime, "--ipc private", "sleep", "1000");
        assertThat(PODMAN.run(runtime, "--ipc container:" + own, "true").err())
                .contains("is not allowed: non-shareable IPC");
    }

    @EachRuntime
    void users_are_mapped(String runtime) throws IOException, InterruptedException {
        String maps = "cat /proc/self/uid_map /proc/self/gid_map | awk '{ print $1, $2, $3 }'";
        assertThat(PODMAN.inside(runtime, "--uidmap 0:100000:1000 --gidmap 0:200000:1000", maps))
                .isEqualTo("0 100000 1000\n0 200000 1000");
        assertThat(PODMAN.inside(runtime, "--userns auto:size=500", maps)).matches("0 1[0-9]{6} 500\n0 1[0-9]{6} 500");
        String owner = PODMAN.start(runtime, "--uidmap 0:100000:1000", "sleep", "1000");
        assertThat(PODMAN.inside(
                        runtime, "--userns container:" + owner, "readlink /proc/self/ns/user; touch /x; ls -n /x"))
                .startsWith(PODMAN.exec(owner, "readlink /proc/self/ns/user").ok())
                .containsPattern("\n-rw-r--r-- +1 0 +0 ");
        assertThat(PODMAN.inside(runtime, "--userns host", maps)).startsWith("0 0 4294967295");
    }

    @EachRuntime
    void a_health_check_is_run_inside(String runtime) throws IOException, InterruptedException {
        String id = PODMAN.call(
                        "--runtime",
                        runtime,
                        "run",
                        "--detach",
                        "--network",
                        "none",
                        "--cgroup-parent",
                        PODMAN.cgroup(),
                        "--health-cmd",
                        "test -e /dev/shm/well",
                        "--health-interval",
                        "disable",
                        Image.NAME,
                        "sleep",
                        "1000")
                .ok();
        assertThat(PODMAN.call("healthcheck", "run", id)).isEqualTo(new Call(1, "unhealthy", ""));
        PODMAN.exec(id, "touch /dev/shm/well").ok();
        assertThat(PODMAN.call("healthcheck", "run", id)).isEqualTo(new Call(0, "", ""));
    }

    @Test
    void a_checkpoint_is_refused_clearly() throws IOException, InterruptedException {
        String id = PODMAN.start("ipcell", "", "sleep", "1000");
        Call refused = PODMAN.call("container", "checkpoint", id);
        assertThat(refused.exit()).isEqualTo(125);
        assertThat(refused.err()).hasLineCount(1).contains("checkpoint/restore");
        assertThat(inspect(id, STATUS)).isEqualTo("running 0");
    }
}
