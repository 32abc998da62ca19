// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.spec.InvalidSpecException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the test suites of OCI and of runc ask for (docs/conformance.md) and no other test shows. */
@Tag("root")
class ConformanceTest extends BundleTest {
    private static final String FREEZER = "/sys/fs/cgroup/freezer";

    @Test
    void a_filter_need_not_know_the_newest_calls() throws IOException, InterruptedException {
        bundle.replace("\"noNewPrivileges\": true", "\"noNewPrivileges\": false")
                .linux(
                        "\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"faccessat2\","
                                + " \"close_range\", \"openat2\", \"clone3\"], \"action\": \"SCMP_ACT_ERRNO\"}]}");
        assertThat(bundle.script("exec sleep 100").create().err()).isEmpty();
        assertThat(bundle.call("start").err()).isEmpty();
        assertThat(bundle.call("exec", "echo", "in").out()).isEqualTo("in\n");
    }

    /** The working directory was seen to be in the container before the filter came. */
    @Test
    void a_filter_may_deny_getcwd() throws IOException, InterruptedException {
        bundle.replace("\"noNewPrivileges\": true", "\"noNewPrivileges\": false")
                .linux("\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"getcwd\"],"
                        + " \"action\": \"SCMP_ACT_ERRNO\"}]}");
        assertThat(bundle.command("sleep", "100").create().err()).isEmpty();
        assertThat(bundle.call("start").err()).isEmpty();
        assertThat(bundle.call("exec", "readlink", "/proc/self/cwd").out()).isEqualTo("/\n");
        assertThat(bundle.call("exec", "pwd").err()).contains("Operation not permitted");
    }

    @Test
    void a_deadline_on_some_processors_is_explained() throws IOException, InterruptedException, InvalidSpecException {
        bundle.process("\"scheduler\": {\"policy\": \"SCHED_DEADLINE\", \"runtime\": 42000, \"deadline\": 1000000}")
                .merge("{\"linux\": {\"resources\": {\"cpu\": {\"cpus\": \"0\"}}}}");
        assertThat(bundle.run().err())
                .isEqualTo(
                        "ipcell: config.json /process/scheduler: sched_setattr: operation not permitted (EPERM); it needs"
                                + " CAP_SYS_NICE; SCHED_DEADLINE also all processors: it can't be used together with"
                                + " linux.resources.cpu.cpus\n");
    }

    @Test
    void memory_nodes_that_are_not_there_are_explained() throws IOException, InterruptedException {
        bundle.linux("\"memoryPolicy\": {\"mode\": \"MPOL_BIND\", \"nodes\": \"62-63\"}");
        assertThat(bundle.run().err())
                .isEqualTo(
                        "ipcell: config.json /linux/memoryPolicy: set_mempolicy: invalid argument (EINVAL); this kernel"
                                + " does not know the mode or a flag, or none of the nodes has memory and may be used\n");
    }

    @Test
    void a_cgroup_with_processes_in_it_is_left_alone() throws IOException, InterruptedException {
        bundle.linux("\"cgroupsPath\": \"/" + bundle.id() + "\"");
        bundle.script("exec sleep 100");
        assertThat(bundle.detached().err()).isEmpty();
        String[] second = {
            "--root",
            bundle.root().toString(),
            "run",
            "--bundle",
            bundle.directory().toString(),
            bundle.id() + "-2"
        };
        assertThat(Cell.call(second).err())
                .startsWith(
                        "ipcell: config.json /linux/cgroupsPath: container's cgroup is not empty: 1 process(es) found");
        assertThat(bundle.call("state").out()).contains("\"running\"");
        assertThat(bundle.create().err()).contains("container with given ID already exists");
    }

    @Test
    void cgroups_that_somebody_mounted_elsewhere_are_not_taken_for_the_machines()
            throws IOException, InterruptedException {
        bundle.script("echo ran").write();
        String call = "mkdir 1 2 && mount -t cgroup -o ro,pids none 1 && mount -t cgroup2 -o ro none 2 && "
                + Cell.executable() + " --root " + bundle.root() + " run --bundle " + bundle.directory() + " "
                + bundle.id();
        assertThat(Cell.run(temporary, List.of("unshare", "--mount", "sh", "-c", call)))
                .isEqualTo(new Cell.Result(0, "ran\n", ""));
    }

    @Test
    void a_frozen_cgroup_is_refused() throws IOException, InterruptedException {
        Path frozen = Files.createDirectory(Path.of(FREEZER, bundle.id()));
        try {
            Files.writeString(frozen.resolve("freezer.state"), "FROZEN");
            bundle.linux("\"cgroupsPath\": \"/" + bundle.id() + "\"");
            Cell.Result result = bundle.script("true").run();
            assertThat(result.err())
                    .startsWith("ipcell: config.json /linux/cgroupsPath: container's cgroup unexpectedly frozen");
            assertThat(result.exit()).isEqualTo(1);
        } finally {
            Files.delete(frozen);
        }
    }

    @Test
    void a_tmpfs_takes_the_permissions_of_what_it_covers() throws IOException, InterruptedException {
        bundle.mount(
                "{\"destination\": \"/root\", \"type\": \"tmpfs\", \"source\": \"tmpfs\"},"
                        + "{\"destination\": \"/tmp\", \"type\": \"tmpfs\", \"source\": \"tmpfs\", \"options\": [\"mode=751\"]}");
        assertThat(inside("stat -c '%a %n' /root /tmp")).isEqualTo("700 /root\n751 /tmp\n");
    }

    @Test
    void a_read_only_dev_has_its_devices_and_mounts() throws IOException, InterruptedException {
        bundle.replace("\"mode=755\"", "\"ro\", \"mode=755\"");
        assertThat(inside("ls -d /dev/pts /dev/shm /dev/null; touch /dev/x 2>&1 || true"))
                .isEqualTo("/dev/null\n/dev/pts\n/dev/shm\ntouch: /dev/x: Read-only file system\n");
    }

    @Test
    void ptmx_among_the_devices_is_the_containers_own() throws IOException, InterruptedException {
        bundle.linux("\"devices\": [{\"path\": \"/dev/ptmx\", \"type\": \"c\", \"major\": 5, \"minor\": 2}]");
        assertThat(inside("readlink /dev/ptmx")).isEqualTo("pts/ptmx\n");
    }

    @Test
    void a_root_that_was_not_pivoted_to_reveals_no_bare_proc() throws IOException, InterruptedException {
        bundle.script("unshare -mrpf sh -c 'mount -t proc none /proc && echo mounted'");
        assertThat(bundle.run("--no-pivot").out()).doesNotContain("mounted");
        assertThat(inside("ls -d /proc/self /sys/kernel")).isEqualTo("/proc/self\n/sys/kernel\n");
    }

    @Test
    void a_create_container_hook_begins_in_the_root_file_system()
            throws IOException, InterruptedException, InvalidSpecException {
        Path root = bundle.ownRoot();
        bundle.merge(
                "{\"hooks\": {\"createContainer\": [{\"path\": \"/bin/sh\", \"args\": [\"sh\", \"-c\", \"pwd >./where\"]}]}}");
        assertThat(inside("cat /where")).isEqualTo(root + "\n");
    }

    @Test
    void ps_of_a_container_that_has_stopped_is_a_heading() throws IOException, InterruptedException {
        assertThat(bundle.script("exec sleep 100").detached().err()).isEmpty();
        assertThat(bundle.call("kill", "KILL").err()).isEmpty();
        for (int i = 0; i < 100 && !bundle.call("state").out().contains("stopped"); i++) {
            Thread.sleep(50);
        }
        Cell.Result result = bundle.call("ps");
        assertThat(result.out()).matches("UID +PID +PPID +C STIME TTY +TIME CMD\n");
        assertThat(result.exit()).isZero();
    }

    @Test
    void an_agent_that_is_not_there_is_told() throws IOException, InterruptedException {
        Path socket = temporary.resolve("agent.sock");
        bundle.linux("\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"listenerPath\": \"" + socket
                + "\", \"syscalls\": [{\"names\": [\"mkdir\"], \"action\": \"SCMP_ACT_NOTIFY\"}]}");
        assertThat(bundle.script("true").run().err())
                .startsWith("ipcell: config.json /linux/seccomp/listenerPath: failed to connect with seccomp agent: ")
                .endsWith(socket + ": no such file or directory (ENOENT)\n")
                .hasLineCount(1);
    }

    @Test
    void calls_fail_when_the_agent_is_gone() throws IOException, InterruptedException {
        Path socket = temporary.resolve("agent.sock");
        bundle.linux("\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"listenerPath\": \"" + socket
                + "\", \"syscalls\": [{\"names\": [\"sethostname\"], \"action\": \"SCMP_ACT_NOTIFY\"}]}");
        Process agent = new ProcessBuilder("python3", "-c", """
                import socket, sys
                s = socket.socket(socket.AF_UNIX)
                s.bind(sys.argv[1])
                s.listen()
                print("listening", flush=True)
                c, _ = s.accept()
                socket.recv_fds(c, 10000, 1)
                """, socket.toString()).start();
        assertThat(agent.inputReader().readLine()).isEqualTo("listening");
        assertThat(inside("sleep 1; timeout 20 hostname x 2>&1 || true"))
                .isEqualTo("hostname: sethostname: Function not implemented\n");
        assertThat(agent.waitFor()).isZero();
    }

    @Test
    void a_start_container_hook_is_under_the_filter() throws IOException, InterruptedException, InvalidSpecException {
        String hook = "{\"path\": \"/bin/sh\", \"args\": [\"sh\", \"-c\", \"mkdir /dev/shm/made\"]}";
        bundle.linux("\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"mkdir\"],"
                        + " \"action\": \"SCMP_ACT_KILL\"}]}")
                .merge("{\"hooks\": {\"startContainer\": [" + hook + "]}}");
        Cell.Result result = bundle.script("ls /dev/shm").run();
        assertThat(result.err())
                .startsWith(
                        "ipcell: config.json /hooks/startContainer/0: error running startContainer hook #0: /bin/sh: killed by SIGSYS"
                                + " (bad system call: the seccomp filter)");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(bundle.create().err()).isEmpty();
        assertThat(bundle.call("start").err()).contains("hook /bin/sh: killed by signal 31");
    }

    @Test
    void what_a_create_runtime_hook_mounts_in_the_containers_namespace_is_there()
            throws IOException, InterruptedException, InvalidSpecException {
        Path root = bundle.ownRoot();
        Files.writeString(temporary.resolve("given"), "given\n");
        Path point = Files.createFile(root.resolve("etc/point"));
        String inside = "nsenter --mount=/proc/$pid/ns/mnt ";
        Path hook = temporary.resolve("hook");
        Files.writeString(
                hook,
                "pid=$(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/')\n" + inside + "mount --bind "
                        + temporary.resolve("given") + " " + point + "\n" + inside + "stat -f -c %T " + root + "/proc >"
                        + temporary.resolve("seen"));
        bundle.merge("{\"hooks\": {\"createRuntime\": [{\"path\": \"/bin/sh\", \"args\": [\"sh\", \"" + hook + "\"],"
                + " \"env\": [\"PATH=/usr/bin:/bin\"]}]}}");
        assertThat(inside("cat /etc/point")).isEqualTo("given\n");
        assertThat(temporary.resolve("seen")).hasContent("proc");
        assertThat(point).isEmptyFile();
    }

    @Test
    void a_rule_for_devices_may_have_the_letter_a_among_its_accesses() throws IOException, InterruptedException {
        String none = "\"allow\": false,";
        bundle.replace(none, none + "\"type\": \"c\", \"major\": 1, \"minor\": 11, \"access\": \"rwa\"}, {" + none);
        Cell.Result result = bundle.script("cat /dev/null && echo in").run();
        assertThat(result.out()).isEqualTo("in\n");
        assertThat(result.err()).contains("/linux/resources/devices/0/access: the letter a means nothing");
    }

    @Test
    void spec_has_a_cgroup_namespace_only_where_version_2_is_all_there_is() throws IOException, InterruptedException {
        assertThat(Cell.callIn(temporary, "spec").err()).isEmpty();
        assertThat(temporary.resolve("config.json")).content().doesNotContain("\"type\": \"cgroup\"\n            }");
        Files.delete(temporary.resolve("config.json"));
        String alone = "mount -t cgroup2 none /sys/fs/cgroup && exec " + Cell.executable() + " spec";
        Cell.Result result =
                Cell.run(temporary, List.of("unshare", "--mount", "--propagation", "private", "sh", "-c", alone));
        assertThat(result.err()).isEmpty();
        assertThat(temporary.resolve("config.json")).content().contains("\"type\": \"cgroup\"\n            }");
    }

    /** A mount namespace with somebody in it. */
    private Process otherMounts() throws IOException {
        Process process = new ProcessBuilder(
                        "unshare", "--mount", "--propagation", "private", "sh", "-c", "echo; exec sleep 100")
                .start();
        assertThat(process.inputReader().readLine()).isEmpty();
        return process;
    }

    private TestBundle joinMounts(long pid) {
        return bundle.replace("\"type\": \"mount\"", "\"type\": \"mount\", \"path\": \"/proc/" + pid + "/ns/mnt\"");
    }

    @Test
    void a_mount_namespace_is_joined_by_path() throws IOException, InterruptedException {
        Process other = otherMounts();
        try {
            String namespace = Files.readSymbolicLink(Path.of("/proc/" + other.pid() + "/ns/mnt"))
                    .toString();
            joinMounts(other.pid()).script("readlink /proc/self/ns/mnt; cat /etc/ipcell-rootfs; exec sleep 100");
            assertThat(bundle.detached().err()).isEmpty();
            assertThat(bundle.call("exec", "readlink", "/proc/self/ns/mnt").out())
                    .isEqualTo(namespace + "\n");
            assertThat(bundle.call("exec", "ls", "/").out()).contains("linuxrc");
            assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(Cell.busybox() + "/proc");
            bundle.call("delete", "--force");
        } finally {
            other.destroyForcibly().waitFor();
        }
    }

    @Test
    void a_mount_namespace_that_cannot_be_joined_is_refused() throws IOException, InterruptedException {
        Process other = otherMounts();
        try {
            joinMounts(other.pid()).userNamespace();
            assertThat(bundle.run().err())
                    .startsWith("ipcell: config.json /linux/namespaces: the mount namespace does not belong to the user"
                            + " namespace");
        } finally {
            other.destroyForcibly().waitFor();
        }
    }

    @Test
    void mountinfo_lists_the_mounts_in_the_configured_order() throws IOException, InterruptedException {
        Path relative = Files.createDirectory(bundle.directory().resolve("data"));
        bundle.replace(
                "\"mounts\": [",
                "\"mounts\": [{\"destination\": \"/mnt\", \"type\": \"tmpfs\", \"source\": \"tmpfs\"},"
                        + "{\"destination\": \"/mnt/a\", \"source\": \"" + temporary + "\", \"options\": [\"rbind\"]},"
                        + "{\"destination\": \"/mnt/b\", \"type\": \"tmpfs\", \"source\": \"tmpfs\"},"
                        + "{\"destination\": \"/mnt/c\", \"source\": \"data\", \"options\": [\"bind\", \"ro\"]},"
                        + "{\"destination\": \"/mnt/d\", \"type\": \"tmpfs\", \"source\": \"tmpfs\"},");
        bundle.script("cut -d' ' -f 5,6 /proc/self/mountinfo | grep /mnt; ls /mnt/c; touch /mnt/c/new");
        Files.createFile(relative.resolve("found"));
        assertThat(bundle.run().out().lines().map(line -> line.replaceAll(",.*", "")))
                .containsExactly("/mnt rw", "/mnt/a rw", "/mnt/b rw", "/mnt/c ro", "/mnt/d rw", "found");
    }

    @Test
    void a_variable_is_there_once_with_its_last_value_and_an_empty_home_is_the_users()
            throws IOException, InterruptedException {
        bundle.replace("\"TERM=xterm\"", "\"ONE=first\", \"HOME=\", \"TERM=xterm\", \"ONE=last\"");
        Cell.Result result = bundle.command("/bin/busybox", "env").run();
        assertThat(result.out().lines().filter(line -> !line.startsWith("PATH=")))
                .containsExactlyInAnyOrder("TERM=xterm", "ONE=last", "HOME=/root");
    }

    /** Users of runc have always had it so. */
    @Test
    void who_is_not_listed_is_at_home_in_the_root() throws IOException, InterruptedException {
        bundle.replace("\"uid\": 0", "\"uid\": 4242");
        assertThat(inside("echo $HOME")).isEqualTo("/\n");
        bundle.call("delete", "--force");
        assertThat(bundle.command("sleep", "100").detached().err()).isEmpty();
        assertThat(bundle.call("exec", "--user=4343", "sh", "-c", "echo $HOME").out())
                .isEqualTo("/\n");
    }
}
