// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What Docker does to containers while they run. */
@Tag("root")
class DockerLifeTest {
    private static final String STATUS = "{{.State.Status}} {{.State.ExitCode}}";

    @RegisterExtension
    static final Docker DOCKER = new Docker();

    @EachRuntime
    void exec_runs_beside_the_command_with_its_own_settings(String runtime) throws IOException, InterruptedException {
        String id = DOCKER.start(runtime, "-e A=b", "sleep", "1000");
        assertThat(DOCKER.call("exec", id, "sh", "-c", "echo $A; echo err >&2; exit 3"))
                .isEqualTo(new Call(3, "b", "err"));
        assertThat(DOCKER.ok(
                        "exec", "-u", "7:8", "-w", "/tmp", "-e", "A=c", id, "sh", "-c", "id -u; id -g; pwd; echo $A"))
                .isEqualTo("7\n8\n/tmp\nc");
        assertThat(DOCKER.ok("exec", "-t", id, "tty")).matches("/dev/pts/[0-9]+");
        DOCKER.ok("exec", "-d", id, "sh", "-c", "echo behind > /dev/shm/behind");
        Kit.await(
                "a detached exec",
                () -> DOCKER.call("exec", id, "cat", "/dev/shm/behind").out().equals("behind"));
    }

    /** Which of the two statuses it is depends on the version of Docker. */
    @EachRuntime
    void exec_of_what_is_missing_or_not_executable_says_so(String runtime) throws IOException, InterruptedException {
        String id = DOCKER.start(runtime, "", "sleep", "1000");
        Call missing = DOCKER.call("exec", id, "/no/such");
        assertThat(missing.exit()).as(missing.toString()).isIn(126, 127);
        assertThat(missing.out() + missing.err()).contains("\"/no/such\"").contains("no such file or directory");
        Call unknown = DOCKER.call("exec", id, "no-such");
        assertThat(unknown.exit()).as(unknown.toString()).isIn(126, 127);
        assertThat(unknown.out() + unknown.err()).contains("\"no-such\": executable file not found in $PATH");
        Call data = DOCKER.call("exec", id, "/etc/passwd");
        assertThat(data.exit()).as(data.toString()).isEqualTo(126);
        assertThat(data.out() + data.err()).contains("\"/etc/passwd\": permission denied");
    }

    @EachRuntime
    void logs_keep_both_outputs(String runtime) throws IOException, InterruptedException {
        String id = DOCKER.start(runtime, "", "sh", "-c", "echo one; echo two >&2; echo three");
        assertThat(DOCKER.ok("wait", id)).isEqualTo("0");
        assertThat(DOCKER.call("logs", id)).isEqualTo(new Call(0, "one\nthree", "two"));
    }

    @EachRuntime
    void stop_asks_and_then_kills(String runtime) throws IOException, InterruptedException {
        String polite = DOCKER.start(
                runtime, "", "sh", "-c", "trap 'echo asked; exit 5' TERM; echo ready; while :; do sleep 0.05; done");
        Kit.await("the trap", () -> DOCKER.ok("logs", polite).equals("ready"));
        DOCKER.ok("stop", "--time", "20", polite);
        assertThat(DOCKER.inspect(polite, STATUS)).isEqualTo("exited 5");
        assertThat(DOCKER.ok("logs", polite)).isEqualTo("ready\nasked");
        String deaf = DOCKER.start(runtime, "", "sleep", "1000");
        DOCKER.ok("stop", "--time", "0", deaf);
        assertThat(DOCKER.inspect(deaf, STATUS)).isEqualTo("exited 137");
    }

    @EachRuntime
    void kill_sends_the_signal_that_was_asked_for(String runtime) throws IOException, InterruptedException {
        String id = DOCKER.start(
                runtime, "", "sh", "-c", "trap 'echo got; exit 6' USR1; echo ready; while :; do sleep 0.05; done");
        Kit.await("the trap", () -> DOCKER.ok("logs", id).equals("ready"));
        DOCKER.ok("kill", "--signal", "USR1", id);
        assertThat(DOCKER.ok("wait", id)).isEqualTo("6");
        Call again = DOCKER.call("kill", id);
        assertThat(again.exit()).isEqualTo(1);
        assertThat(again.err()).contains("is not running");
    }

    @EachRuntime
    void restart_keeps_files_and_begins_anew(String runtime) throws IOException, InterruptedException {
        String id = DOCKER.start(runtime, "", "sh", "-c", "echo x >> /times; touch /dev/shm/gone; sleep 1000");
        Kit.await(
                "a first start",
                () -> DOCKER.call("exec", id, "cat", "/dev/shm/gone").exit() == 0);
        DOCKER.ok("exec", id, "touch", "/dev/shm/more");
        DOCKER.ok("restart", "--time", "0", id);
        Kit.await(
                "a second start",
                () -> DOCKER.call("exec", id, "cat", "/times").out().equals("x\nx"));
        assertThat(DOCKER.call("exec", id, "ls", "/dev/shm/more").exit()).isEqualTo(1);
    }

    @EachRuntime
    void pause_makes_it_stand_still(String runtime) throws IOException, InterruptedException {
        String id = DOCKER.start(runtime, "", "sh", "-c", "while :; do echo x; sleep 0.02; done");
        Kit.await("it runs", () -> !DOCKER.ok("logs", id).isEmpty());
        DOCKER.ok("pause", id);
        assertThat(DOCKER.inspect(id, STATUS)).isEqualTo("paused 0");
        Call refused = DOCKER.call("exec", id, "true");
        assertThat(refused.err()).contains("is paused");
        int before = DOCKER.ok("logs", id).length();
        Thread.sleep(200);
        assertThat(DOCKER.ok("logs", id)).hasSize(before);
        DOCKER.ok("unpause", id);
        Kit.await("it runs again", () -> DOCKER.ok("logs", id).length() > before);
    }

    @EachRuntime
    void top_and_stats_show_its_processes(String runtime) throws IOException, InterruptedException {
        String id = DOCKER.start(runtime, "--memory 48m", "sh", "-c", "sleep 1001 & sleep 1002");
        Kit.await("two sleeps", () -> DOCKER.ok("top", id, "-o", "pid,args").contains("sleep 1002"));
        assertThat(DOCKER.ok("top", id, "-o", "pid,args"))
                .contains("sleep 1001")
                .hasLineCount(3);
        String[] stats = DOCKER.ok("stats", "--no-stream", "--format", "{{.PIDs}};{{.MemUsage}};{{.CPUPerc}}", id)
                .split(";", -1);
        assertThat(stats[0]).isEqualTo("2");
        assertThat(stats[1]).matches("[1-9][0-9.]*([kKM]i)?B / 48MiB");
    }

    @EachRuntime
    void update_changes_the_limits(String runtime) throws IOException, InterruptedException {
        String id = DOCKER.start(runtime, "--memory 64m --memory-swap 64m --cpus 0.5", "sleep", "1000");
        DOCKER.ok("update", "--memory", "32m", "--memory-swap", "32m", "--cpus", "0.25", "--pids-limit", "44", id);
        assertThat(DOCKER.ok(
                        "exec",
                        id,
                        "sh",
                        "-c",
                        "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us pids/pids.max 2>/dev/null"
                                + " || cat memory.max cpu.max pids.max"))
                .isIn("33554432\n25000\n44", "33554432\n25000 100000\n44");
    }

    @EachRuntime
    void a_health_check_is_run_inside(String runtime) throws IOException, InterruptedException {
        String id = DOCKER.ok(
                "run",
                "-d",
                "--network",
                "none",
                "--runtime",
                runtime,
                "--health-cmd",
                "test -e /dev/shm/well",
                "--health-interval",
                "200ms",
                "--health-retries",
                "1",
                "busybox",
                "sleep",
                "1000");
        Kit.await(
                "unhealthy",
                () -> DOCKER.inspect(id, "{{.State.Health.Status}}").equals("unhealthy"));
        DOCKER.ok("exec", id, "touch", "/dev/shm/well");
        Kit.await(
                "healthy", () -> DOCKER.inspect(id, "{{.State.Health.Status}}").equals("healthy"));
    }

    @EachRuntime
    void too_much_memory_is_seen_as_such(String runtime) throws IOException, InterruptedException {
        String id = DOCKER.start(
                runtime,
                "--memory 16m --memory-swap 16m",
                "sh",
                "-c",
                "head -c 100m /dev/zero | tail -c 90m; echo after");
        DOCKER.ok("wait", id);
        Kit.await("the event", () -> DOCKER.inspect(id, "{{.State.OOMKilled}}").equals("true"));
    }

    @Test
    void the_classic_builder_uses_the_default_runtime() throws IOException, InterruptedException {
        Path context = Files.createDirectory(DOCKER.directory().resolve("context"));
        Files.writeString(context.resolve("Dockerfile"), """
                FROM busybox
                RUN ls /dev/mqueue && grep -c . /proc/self/cgroup > /built && mkdir /made
                COPY Dockerfile /made/
                ENTRYPOINT ["cat", "/made/Dockerfile"]
                """);
        DOCKER.ok("build", "--network", "none", "--tag", "built", context.toString());
        assertThat(DOCKER.ok("run", "--rm", "--network", "none", "built")).startsWith("FROM busybox");
        assertThat(DOCKER.ok("info", "--format", "{{.DefaultRuntime}}")).isEqualTo("ipcell");
    }
}
