// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.spec.InvalidSpecException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the test suites of OCI and of runc ask for (docs/conformance.md) and no other test shows. */
@Tag("root")
class ConformanceTest {
    private static final String FREEZER = "/sys/fs/cgroup/freezer";

    @TempDir
    Path temporary;

    private TestBundle bundle;

    @BeforeEach
    void make_a_bundle() throws IOException {
        bundle = new TestBundle(temporary);
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        bundle.call("delete", "--force");
        Leftovers.assertNone(bundle);
    }

    private String inside(String script) throws IOException, InterruptedException {
        Cell.Result result = bundle.script(script).run();
        assertThat(result.err()).isEmpty();
        assertThat(result.exit()).isZero();
        return result.out();
    }

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
}
