// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** IPC namespaces of containers, with util-linux's own tools inside a Debian root file system. */
@Tag("root")
class IpcTest {
    @TempDir
    Path temporary;

    private final List<TestBundle> bundles = new ArrayList<>();

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        for (TestBundle bundle : bundles) {
            Leftovers.assertNone(bundle);
        }
    }

    private TestBundle bundle() throws IOException {
        TestBundle bundle =
                new TestBundle(temporary).replace(Cell.busybox().toString(), Cell.property("ipcell.rootfs.debian"));
        bundles.add(bundle);
        return bundle;
    }

    private static String out(Cell.Result result) {
        assertThat(result.err()).isEmpty();
        assertThat(result.exit()).isZero();
        return result.out();
    }

    private TestBundle joining(String path) throws IOException {
        return bundle().replace("\"type\": \"ipc\"", "\"type\": \"ipc\", \"path\": \"" + path + "\"");
    }

    @Test
    void objects_made_inside_are_seen_inside_and_not_outside() throws IOException, InterruptedException {
        String before = Files.readString(Path.of("/proc/sysvipc/msg")) + Files.readString(Path.of("/proc/sysvipc/sem"));
        String inside = out(bundle().script("ipcmk -Q; ipcmk -S 3; ipcmk -M 4096; touch /dev/mqueue/q;"
                        + "ipcs | grep -c '^0x'; ls /dev/mqueue; cat /dev/mqueue/q; cat /proc/sysvipc/msg | wc -l")
                .run());
        assertThat(inside).contains("Message queue id: 0", "Semaphore id: 0", "Shared memory id: 0");
        assertThat(inside).contains("\n3\nq\nQSIZE:0 ").endsWith("\n2\n");
        assertThat(Files.readString(Path.of("/proc/sysvipc/msg")) + Files.readString(Path.of("/proc/sysvipc/sem")))
                .isEqualTo(before);
    }

    @Test
    @Covers("/linux/namespaces/*/path")
    void a_second_container_joins_the_first_ones_namespace_by_path() throws IOException, InterruptedException {
        Path pidFile = temporary.resolve("pid");
        TestBundle first =
                bundle().script("ipcmk -Q >/dev/null; echo hi > /dev/mqueue/shared; echo ready; read end; exit 0");
        Process holder = new ProcessBuilder(
                        Cell.executable().toString(),
                        "--root",
                        first.root().toString(),
                        "run",
                        "-b",
                        first.write().directory().toString(),
                        "--pid-file",
                        pidFile.toString(),
                        first.id())
                .start();
        try {
            assertThat(holder.inputReader().readLine()).isEqualTo("ready");
            String path = "/proc/" + Files.readString(pidFile) + "/ns/ipc";
            String seen = out(joining(path)
                    .script("readlink /proc/self/ns/ipc; ipcs -q | grep -c ^0x; ls /dev/mqueue")
                    .run());
            assertThat(seen).isEqualTo(Files.readSymbolicLink(Path.of(path)) + "\n1\nshared\n");
        } finally {
            holder.outputWriter().close();
        }
        assertThat(holder.waitFor()).isZero();
    }

    @Test
    void the_message_queue_file_system_belongs_to_root_and_is_open_to_all() throws IOException, InterruptedException {
        assertThat(out(bundle().script("stat -c '%u:%g %a' /dev/mqueue").run())).isEqualTo("0:0 1777\n");
    }

    @Test
    void an_ordinary_user_can_make_queues() throws IOException, InterruptedException {
        assertThat(out(bundle().replace("\"uid\": 0", "\"uid\": 1000")
                        .replace("\"gid\": 0", "\"gid\": 1000")
                        .script("ipcmk -Q; touch /dev/mqueue/mine; stat -c %u /dev/mqueue/mine")
                        .run()))
                .contains("Message queue id: 0")
                .endsWith("1000\n");
    }

    @ParameterizedTest
    @CsvSource({
        "kernel.msgmax, 9000",
        "kernel.msgmnb, 20000",
        "kernel.msgmni, 77",
        "kernel.shmmax, 1048576",
        "kernel.shmall, 4096",
        "kernel.shmmni, 55",
        "kernel.shm_rmid_forced, 1",
        "fs.mqueue.queues_max, 11",
        "fs.mqueue.msg_max, 20",
        "fs.mqueue.msgsize_max, 16384",
        "fs.mqueue.msg_default, 5",
        "fs.mqueue.msgsize_default, 4096",
        "fs/mqueue/msg_max, 21",
        "net.ipv4.ip_forward, 1",
    })
    void a_sysctl_is_set_inside_and_the_hosts_stays(String key, String value) throws IOException, InterruptedException {
        Path file = Path.of("/proc/sys", key.replace('.', '/'));
        String host = Files.readString(file);
        String inside = out(bundle().linux("\"sysctl\": {\"" + key + "\": \"" + value + "\"}")
                .script("cat " + file)
                .run());
        assertThat(inside.strip()).isEqualTo(value);
        assertThat(Files.readString(file)).isEqualTo(host);
    }

    @Test
    void four_semaphore_limits_are_set_by_one_sysctl() throws IOException, InterruptedException {
        assertThat(out(bundle().linux("\"sysctl\": {\"kernel.sem\": \"250 32000 32 99\"}")
                        .script("cat /proc/sys/kernel/sem")
                        .run()))
                .isEqualTo("250\t32000\t32\t99\n");
    }

    @ParameterizedTest
    @CsvSource({"/proc/self/ns/ipc", "/proc/thread-self/ns/ipc"})
    void a_sysctl_for_the_hosts_namespace_joined_by_path_is_refused(String path)
            throws IOException, InterruptedException {
        Cell.Result result = joining(path)
                .linux("\"sysctl\": {\"kernel.msgmax\": \"9000\"}")
                .script("true")
                .run();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("ipcell: config.json /linux/sysctl/kernel.msgmax")
                .contains("this would change the host")
                .hasLineCount(1);
    }

    @Test
    void a_sysctl_in_two_spellings_is_refused_with_both() throws IOException, InterruptedException {
        Cell.Result result = bundle().linux("\"sysctl\": {\"kernel.msgmax\": \"9000\", \"kernel/msgmax\": \"9001\"}")
                .script("true")
                .run();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("ipcell: config.json /linux/sysctl")
                .contains("kernel.msgmax and kernel/msgmax are the same parameter")
                .hasLineCount(1);
    }

    @Test
    void ipc_unshare_gives_a_command_a_namespace_and_queues_of_its_own() throws IOException, InterruptedException {
        String seen = out(
                Cell.call(
                        "ipc",
                        "unshare",
                        "--",
                        "sh",
                        "-c",
                        "readlink /proc/self/ns/ipc; ipcmk -Q; ipcs -q | grep -c ^0x; ls /dev/mqueue | wc -l; stat -f -c %T /dev/mqueue"));
        assertThat(seen)
                .doesNotStartWith(
                        Files.readSymbolicLink(Path.of("/proc/self/ns/ipc")).toString());
        assertThat(seen).endsWith("Message queue id: 0\n1\n0\nmqueue\n");
    }

    @Test
    void ipc_exec_runs_a_command_in_a_processes_namespace() throws IOException, InterruptedException {
        Process holder = new ProcessBuilder(
                        Cell.executable().toString(),
                        "ipc",
                        "unshare",
                        "--",
                        "sh",
                        "-c",
                        "ipcmk -Q >/dev/null; touch /dev/mqueue/theirs; echo $$; read end")
                .start();
        try {
            String pid = holder.inputReader().readLine();
            assertThat(out(Cell.call("ipc", "exec", pid, "--", "sh", "-c", "ipcs -q | grep -c ^0x; ls /dev/mqueue")))
                    .isEqualTo("1\ntheirs\n");
            assertThat(out(Cell.call("ipc", "exec", "/proc/" + pid + "/ns/ipc", "ls", "/dev/mqueue")))
                    .isEqualTo("theirs\n");
        } finally {
            holder.outputWriter().close();
            holder.waitFor();
        }
    }

    @Test
    void ipc_unshare_exits_as_the_command_and_keeps_environment_and_directory()
            throws IOException, InterruptedException {
        assertThat(Cell.call("ipc", "unshare", "sh", "-c", "exit 9").exit()).isEqualTo(9);
        Cell.Result result = Cell.callIn(temporary, "ipc", "unshare", "--", "sh", "-c", "pwd; echo $PATH");
        assertThat(result.out()).isEqualTo(temporary + "\n/usr/sbin:/usr/bin:/sbin:/bin\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "4194303 | 1 | no process has PID 4194303",
                "/etc/passwd | 1 | /etc/passwd is no namespace file",
                "/proc/self/ns/net | 1 | /proc/self/ns/net is a network namespace, not ipc",
                "/nowhere | 1 | /nowhere: no such file or directory",
            })
    void ipc_exec_explains_a_target_that_is_none(String target, int exit, String message)
            throws IOException, InterruptedException {
        Cell.Result result = Cell.call("ipc", "exec", target, "--", "true");
        assertThat(result.exit()).isEqualTo(exit);
        assertThat(result.err()).isEqualTo("ipcell: " + message + "\n");
    }

    @ParameterizedTest
    @CsvSource({"no-such-command, 127", "/etc/passwd, 126"})
    void ipc_unshare_tells_a_command_that_cannot_run(String command, int exit)
            throws IOException, InterruptedException {
        Cell.Result result = Cell.call("ipc", "unshare", "--", command);
        assertThat(result.exit()).isEqualTo(exit);
        assertThat(result.err())
                .startsWith("ipcell: ")
                .contains("exec: \"" + command + "\": ")
                .hasLineCount(1);
    }
}
