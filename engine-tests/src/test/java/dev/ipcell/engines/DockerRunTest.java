// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What {@code docker run} is told is so inside the container. */
@Tag("root")
class DockerRunTest {
    @RegisterExtension
    static final Docker DOCKER = new Docker();

    @EachRuntime
    void the_exit_status_and_both_outputs_come_back(String runtime) throws IOException, InterruptedException {
        assertThat(DOCKER.run(runtime, List.of(), "echo out; echo err >&2; exit 7"))
                .isEqualTo(new Call(7, "out", "err"));
    }

    @EachRuntime
    void the_limits_are_in_the_cgroup(String runtime) throws IOException, InterruptedException {
        String id = DOCKER.start(
                runtime, "--memory 64m --cpus 0.5 --cpu-shares 512 --pids-limit 33 --cpuset-cpus 0", "sleep", "1000");
        String limits = DOCKER.ok(
                "exec",
                id,
                "sh",
                "-c",
                "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us"
                        + " cpu/cpu.shares pids/pids.max cpuset/cpuset.cpus 2>/dev/null"
                        + " || cat memory.max cpu.max cpu.weight pids.max cpuset.cpus");
        assertThat(limits).isIn("67108864\n50000\n100000\n512\n33\n0", "67108864\n50000 100000\n20\n33\n0");
    }

    @EachRuntime
    void sysctls_and_limits_of_queues_hold(String runtime) throws IOException, InterruptedException {
        assertThat(DOCKER.inside(
                        runtime,
                        "--sysctl kernel.msgmax=9999 --sysctl fs.mqueue.msg_max=77 --ulimit msgqueue=123456",
                        "cat /proc/sys/kernel/msgmax /proc/sys/fs/mqueue/msg_max; grep msgqueue /proc/self/limits"))
                .matches("9999\n77\nMax msgqueue size +123456 +123456 +bytes");
    }

    @EachRuntime
    void a_read_only_root_has_writable_holes(String runtime) throws IOException, InterruptedException {
        Path shared = Files.createDirectory(DOCKER.directory().resolve("shared-" + runtime));
        Files.writeString(shared.resolve("in"), "from outside");
        assertThat(DOCKER.inside(
                        runtime,
                        "--read-only --tmpfs /scratch:size=1m,mode=1777 -v " + shared + ":/shared -v " + shared
                                + ":/fixed:ro",
                        "touch /x 2>&1; touch /fixed/x 2>&1; echo a > /scratch/a && cat /scratch/a /shared/in"
                                + " && echo back > /shared/out; grep -c ' /scratch tmpfs .*size=1024k' /proc/mounts"))
                .isEqualTo(
                        "touch: /x: Read-only file system\ntouch: /fixed/x: Read-only file system\na\nfrom outside1");
        assertThat(shared.resolve("out")).hasContent("back\n");
    }

    @EachRuntime
    void the_default_seccomp_profile_is_on_and_can_be_off(String runtime) throws IOException, InterruptedException {
        String script = "grep Seccomp: /proc/self/status; unshare -m true 2>&1; true";
        assertThat(DOCKER.inside(runtime, "--cap-add SYS_TIME", script))
                .isEqualTo("Seccomp:\t2\nunshare: unshare(0x20000): Operation not permitted");
        assertThat(DOCKER.inside(runtime, "--security-opt seccomp=unconfined --cap-add SYS_ADMIN", script))
                .isEqualTo("Seccomp:\t0");
    }

    @EachRuntime
    void capabilities_are_dropped_and_added(String runtime) throws IOException, InterruptedException {
        String script = "grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status";
        String chosen = DOCKER.inside(runtime, "--cap-drop ALL --cap-add CHOWN", script);
        assertThat(chosen.replaceAll("\\s+", " "))
                .isEqualTo("CapInh: 0000000000000000 CapPrm: 0000000000000001 CapEff: 0000000000000001"
                        + " CapBnd: 0000000000000001 CapAmb: 0000000000000000");
        assertThat(DOCKER.inside(runtime, "--user 1000:1000", "id -u; id -g; grep CapEff /proc/self/status"))
                .isEqualTo("1000\n1000\nCapEff:\t0000000000000000");
    }

    @EachRuntime
    void a_terminal_is_one_inside(String runtime) throws IOException, InterruptedException {
        assertThat(DOCKER.run(runtime, List.of("-t"), "tty; test -t 0 && test -t 1 && test -t 2 && echo terminal")
                        .ok()
                        .replace("\r", ""))
                .isEqualTo("/dev/pts/0\nterminal");
    }

    @EachRuntime
    void an_init_process_reaps_for_the_command(String runtime) throws IOException, InterruptedException {
        assertThat(DOCKER.inside(runtime, "--init", "tr '\\0' ' ' < /proc/1/cmdline"))
                .startsWith("/sbin/docker-init -- sh -c");
    }

    @EachRuntime
    void names_directories_variables_and_devices_are_set(String runtime) throws IOException, InterruptedException {
        assertThat(DOCKER.inside(
                        runtime,
                        "--hostname cell -w /made/here -e A=b --device /dev/zero:/dev/nought",
                        "hostname; pwd; echo $A; head -c 1 /dev/nought | od -An -tx1"))
                .isEqualTo("cell\n/made/here\nb\n 00");
    }

    @EachRuntime
    void a_missing_command_is_127_and_one_that_cannot_run_126(String runtime) throws IOException, InterruptedException {
        Call missing = DOCKER.call("run", "--rm", "--network", "none", "--runtime", runtime, "busybox", "/no/such");
        assertThat(missing.exit()).isEqualTo(127);
        assertThat(missing.err()).contains("\"/no/such\"").contains("no such file or directory");
        Call unknown = DOCKER.call("run", "--rm", "--network", "none", "--runtime", runtime, "busybox", "no-such");
        assertThat(unknown.exit()).isEqualTo(127);
        assertThat(unknown.err()).contains("\"no-such\": executable file not found in $PATH");
        Call data = DOCKER.call("run", "--rm", "--network", "none", "--runtime", runtime, "busybox", "/etc/passwd");
        assertThat(data.exit()).isEqualTo(126);
        assertThat(data.err()).contains("\"/etc/passwd\": permission denied");
    }

    @EachRuntime
    void a_file_mounted_on_a_directory_gets_dockers_hint(String runtime) throws IOException, InterruptedException {
        Path file = Files.writeString(DOCKER.directory().resolve("file-" + runtime), "");
        Call refused = DOCKER.run(runtime, List.of("-v", file + ":/bin"), "true");
        assertThat(refused.err())
                .contains("/bin")
                .contains("not a directory")
                .contains("Are you trying to mount a directory onto a file (or vice-versa)?");
        Call reverse = DOCKER.run(runtime, List.of("-v", DOCKER.directory() + ":/etc/passwd"), "true");
        assertThat(reverse.exit()).isEqualTo(refused.exit());
        assertThat(reverse.err())
                .contains("/etc/passwd")
                .contains("not a directory")
                .contains("Are you trying to mount a directory onto a file (or vice-versa)?");
    }
}
