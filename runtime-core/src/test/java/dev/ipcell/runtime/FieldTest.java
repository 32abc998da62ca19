// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fields of the configuration, by the effect that each has inside the container. */
@Tag("root")
class FieldTest extends BundleTest {
    private void filter(String syscalls) {
        bundle.linux("\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [" + syscalls + "]}");
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void a_system_call_filter_holds_for_the_command_and_for_those_of_exec(boolean noNewPrivileges)
            throws IOException, InterruptedException {
        bundle.replace("\"noNewPrivileges\": true", "\"noNewPrivileges\": " + noNewPrivileges);
        filter("{\"names\": [\"mkdir\", \"mkdirat\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 13}");
        assertThat(inside("grep ^Seccomp: /proc/self/status; mkdir /dev/shm/x 2>&1 || true"))
                .isEqualTo("Seccomp:\t2\nmkdir: can't create directory '/dev/shm/x': Permission denied\n");
        assertThat(bundle.script("exec sleep 100").detached().err()).isEmpty();
        assertThat(bundle.call("exec", "mkdir", "/dev/shm/x").err())
                .contains("mkdir: can't create directory '/dev/shm/x': Permission denied");
    }

    @Test
    void a_compiled_filter_is_kept_and_a_damaged_one_is_made_again() throws IOException, InterruptedException {
        filter("{\"names\": [\"sync\"], \"action\": \"SCMP_ACT_ERRNO\"}");
        inside("true");
        Path kept;
        try (var files = Files.list(bundle.root().resolve("@seccomp"))) {
            kept = files.findFirst().orElseThrow();
        }
        byte[] content = Files.readAllBytes(kept);
        Files.writeString(kept, "damaged");
        assertThat(inside("grep ^Seccomp: /proc/self/status")).isEqualTo("Seccomp:\t2\n");
        assertThat(kept).hasBinaryContent(content);
    }

    @Test
    @Covers({
        "/linux/seccomp/listenerPath",
        "/linux/seccomp/listenerMetadata",
        "/linux/seccomp/syscalls/*/action=SCMP_ACT_NOTIFY"
    })
    void an_agent_is_given_the_listener_of_a_filter_that_notifies() throws IOException, InterruptedException {
        Path socket = temporary.resolve("agent.sock");
        bundle.linux("\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"listenerPath\": \"" + socket
                + "\", \"listenerMetadata\": \"secret\", \"syscalls\": [{\"names\": [\"sethostname\"],"
                + " \"action\": \"SCMP_ACT_NOTIFY\"}]}");
        Process agent = new ProcessBuilder("python3", "-c", """
                import os, socket, sys
                s = socket.socket(socket.AF_UNIX)
                s.bind(sys.argv[1])
                s.listen()
                print("listening", flush=True)
                c, _ = s.accept()
                data, fds, flags, address = socket.recv_fds(c, 10000, 1)
                print(data.decode(), os.readlink("/proc/self/fd/%d" % fds[0]), flush=True)
                """, socket.toString()).start();
        assertThat(agent.inputReader().readLine()).isEqualTo("listening");
        assertThat(inside("echo ran")).isEqualTo("ran\n");
        assertThat(agent.inputReader().readLine())
                .contains("\"fds\":[\"seccompFd\"]", "\"metadata\":\"secret\"", "\"id\":\"" + bundle.id() + "\"")
                .endsWith("anon_inode:seccomp notify");
        assertThat(agent.waitFor()).isZero();
    }

    @Test
    void limits_are_the_cgroups() throws IOException, InterruptedException {
        bundle.replace(
                "\"resources\": {", "\"resources\": {\"pids\": {\"limit\": 17}, \"memory\": {\"limit\": 33554432},");
        assertThat(inside("cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/memory/memory.limit_in_bytes"
                        + " /sys/fs/cgroup/pids.max /sys/fs/cgroup/memory.max 2>/dev/null || true"))
                .isEqualTo("17\n33554432\n");
    }

    @Test
    void devices_that_are_not_allowed_cannot_be_opened() throws IOException, InterruptedException {
        bundle.replace("\"bounding\": [", "\"bounding\": [\"CAP_MKNOD\",")
                .replace("\"effective\": [", "\"effective\": [\"CAP_MKNOD\",")
                .replace("\"permitted\": [", "\"permitted\": [\"CAP_MKNOD\",");
        assertThat(inside("mknod /dev/kmsg c 1 11; (cat /dev/kmsg) 2>&1 | head -1; echo x > /dev/null; echo ok"))
                .isEqualTo("cat: can't open '/dev/kmsg': Operation not permitted\nok\n");
    }

    @Test
    void what_is_passed_over_is_told_and_does_not_stop_the_launch() throws IOException, InterruptedException {
        bundle.replace("\"bounding\": [", "\"bounding\": [\"CAP_OF_TOMORROW\",").script("echo ran");
        Cell.Result result = bundle.run();
        assertThat(result.out()).isEqualTo("ran\n");
        assertThat(result.err())
                .startsWith("ipcell: warning: config.json /process/capabilities/bounding/0: ")
                .contains("CAP_OF_TOMORROW")
                .hasLineCount(1);
        Path log = temporary.resolve("log");
        Cell.Result logged = Cell.call(
                "--root",
                bundle.root().toString(),
                "--log",
                log.toString(),
                "--log-format=json",
                "run",
                "-b",
                bundle.directory().toString(),
                bundle.id());
        assertThat(logged.err()).isEmpty();
        assertThat(log).content().startsWith("{\"level\":\"warning\",\"msg\":\"config.json /process/cap");
    }

    @Test
    void the_scheduler_is_as_configured() throws IOException, InterruptedException {
        bundle.process("\"scheduler\": {\"policy\": \"SCHED_BATCH\", \"nice\": 7}");
        // Nice value and policy, where 3 is SCHED_BATCH (proc_pid_stat(5)).
        assertThat(inside("cut -d ' ' -f 19,41 /proc/1/stat")).isEqualTo("7 3\n");
    }

    @Test
    void the_io_priority_is_as_configured() throws IOException, InterruptedException {
        bundle.process("\"ioPriority\": {\"class\": \"IOPRIO_CLASS_BE\", \"priority\": 6}");
        assertThat(inside("ionice -p 1")).isEqualTo("best-effort: prio 6\n");
    }

    @Test
    void the_oom_score_is_as_configured() throws IOException, InterruptedException {
        bundle.process("\"oomScoreAdj\": 321");
        assertThat(inside("cat /proc/self/oom_score_adj")).isEqualTo("321\n");
    }

    @Test
    void a_process_that_exec_adds_has_the_personality_too() throws IOException, InterruptedException {
        bundle.linux("\"personality\": {\"domain\": \"LINUX32\"}");
        assertThat(bundle.script("exec sleep 1000").detached().err()).isEmpty();
        try {
            Cell.Result exec = Cell.call("--root", bundle.root().toString(), "exec", bundle.id(), "uname", "-m");
            assertThat(exec.out()).isEqualTo("i686\n");
        } finally {
            bundle.call("delete", "--force");
        }
    }

    @Test
    void the_personality_is_as_configured() throws IOException, InterruptedException {
        bundle.linux("\"personality\": {\"domain\": \"LINUX32\"}");
        assertThat(inside("uname -m")).isEqualTo("i686\n");
    }

    @Test
    void the_memory_policy_is_as_configured() throws IOException, InterruptedException {
        bundle.linux("\"memoryPolicy\": {\"mode\": \"MPOL_BIND\", \"nodes\": \"0\"}");
        assertThat(inside("head -1 /proc/self/numa_maps | cut -d' ' -f2")).isEqualTo("bind:0\n");
    }

    @Test
    @Covers("/linux/namespaces/*/type=time")
    void clocks_of_a_time_namespace_have_their_offsets() throws IOException, InterruptedException {
        bundle.replace("\"namespaces\": [", "\"namespaces\": [{\"type\": \"time\"},")
                .linux("\"timeOffsets\": {\"boottime\": {\"secs\": 1000000}, \"monotonic\": {\"secs\": 5}}");
        double inside = Double.parseDouble(inside("cut -d' ' -f1 /proc/uptime").strip());
        double outside =
                Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ", -1)[0]);
        assertThat(inside - outside).isBetween(999_000.0, 1_000_001.0);
    }

    @ParameterizedTest
    @CsvSource({"--no-new-keyring, 0", "--no-pivot, 1"})
    void the_session_keyring_is_the_containers_own_unless_shared(String option, int count)
            throws IOException, InterruptedException {
        bundle.replace("\"/proc/keys\",", "").script("grep -c _ses." + bundle.id() + " /proc/keys");
        assertThat(bundle.run(option).out()).isEqualTo(count + "\n");
    }

    /** The test's directory is closed to others, and root in the container is one of them. */
    private void openTheWay() throws IOException {
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    @Covers("/linux/namespaces/*/type=user")
    void ids_of_a_user_namespace_are_mapped() throws IOException, InterruptedException {
        openTheWay();
        bundle.userNamespace();
        assertThat(inside("tr -s ' ' < /proc/self/uid_map; tr -s ' ' < /proc/self/gid_map; id -u; stat -c %u:%g /etc"))
                .isEqualTo(" 0 100000 65536\n 0 200000 65536\n0\n65534:65534\n");
    }

    @Test
    void queues_in_a_user_namespace_belong_to_its_root_and_sysctls_of_its_ipc_namespace_are_set()
            throws IOException, InterruptedException {
        openTheWay();
        bundle.userNamespace();
        bundle.linux("\"sysctl\": {\"kernel.msgmax\": \"9000\", \"fs.mqueue.msg_max\": \"20\"}");
        assertThat(inside("stat -c '%u:%g %a' /dev/mqueue; cat /proc/sys/kernel/msgmax /proc/sys/fs/mqueue/msg_max;"
                        + " touch /dev/mqueue/q && echo made"))
                .isEqualTo("0:0 1777\n9000\n20\nmade\n");
    }

    @Test
    void exec_enters_the_user_namespace_too() throws IOException, InterruptedException {
        openTheWay();
        bundle.userNamespace();
        assertThat(bundle.script("exec sleep 100").detached().err()).isEmpty();
        assertThat(bundle.call("exec", "sh", "-c", "id -u; tr -s ' ' < /proc/self/uid_map; readlink /proc/self/ns/user")
                        .out())
                .startsWith("0\n 0 100000 65536\nuser:[")
                .doesNotContain(
                        Files.readSymbolicLink(Path.of("/proc/self/ns/user")).toString());
    }

    @Test
    void a_namespace_of_the_hosts_user_is_joined_by_a_container_with_a_user_namespace()
            throws IOException, InterruptedException {
        openTheWay();
        TestBundle holder = new TestBundle(temporary).script("exec sleep 100");
        Path pid = temporary.resolve("pid");
        assertThat(holder.detached("--pid-file", pid.toString()).err()).isEmpty();
        try {
            String process = "/proc/" + Files.readString(pid) + "/ns/";
            bundle.userNamespace();
            bundle.replace("\"type\": \"ipc\"", "\"type\": \"ipc\", \"path\": \"" + process + "ipc\"");
            holder.call("exec", "touch", "/dev/mqueue/theirs");
            assertThat(inside("readlink /proc/self/ns/ipc; ls /dev/mqueue"))
                    .isEqualTo(Files.readSymbolicLink(Path.of(process + "ipc")) + "\ntheirs\n");
        } finally {
            holder.call("delete", "--force");
        }
        Leftovers.assertNone(holder);
    }
}
