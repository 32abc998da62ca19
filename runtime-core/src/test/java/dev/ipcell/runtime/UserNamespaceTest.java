// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a container with a user namespace shares with others: the host's network, a namespace of another container, mounts. */
@Tag("root")
class UserNamespaceTest extends BundleTest {
    private static final String USER = "{\"type\": \"user\", \"path\": \"";

    private TestBundle holder;

    @BeforeEach
    void make_another_bundle() throws IOException {
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        holder = new TestBundle(temporary).userNamespace().script("exec sleep 100");
    }

    @AfterEach
    void nothing_is_left_of_that_either() throws IOException, InterruptedException {
        holder.call("delete", "--force");
        Leftovers.assertNone(holder);
    }

    /** Starts the other container, and gives the directory of its namespaces. */
    private String held() throws IOException, InterruptedException {
        Path pid = temporary.resolve("pid");
        assertThat(holder.detached("--pid-file", pid.toString()).err()).isEmpty();
        return "/proc/" + Files.readString(pid) + "/ns/";
    }

    private static String id(String path) throws IOException {
        return Files.readSymbolicLink(Path.of(path)).toString();
    }

    @Test
    void sysfs_of_the_hosts_network_is_mounted_in_a_user_namespace() throws IOException, InterruptedException {
        bundle.userNamespace()
                .replace("\"type\": \"network\"", "\"type\": \"network\", \"path\": \"/proc/self/ns/net\"");
        String interfaces =
                Cell.run(Path.of("/"), List.of("ls", "/sys/class/net")).out();
        assertThat(inside("ls /sys/class/net; grep ' /sys ' /proc/self/mountinfo | sed 's/.* - \\([a-z]*\\) .*/\\1/';"
                        + " touch /sys/new 2>&1 || true; ls /sys/fs/cgroup/pids > /dev/null && echo cgroups"))
                .startsWith(interfaces + "sysfs\n")
                .contains("Read-only file system\n")
                .endsWith("cgroups\n");
    }

    @Test
    void a_new_pid_namespace_belongs_to_the_user_namespace_that_is_joined() throws IOException, InterruptedException {
        String held = held();
        bundle.replace("\"namespaces\": [", "\"namespaces\": [" + USER + held + "user\"},");
        assertThat(inside("echo $$; id -u; readlink /proc/self/ns/user; tr -s ' ' < /proc/self/uid_map;"
                        + " stat -c %u /dev/mqueue /proc/self/status; hostname"))
                .isEqualTo("1\n0\n" + id(held + "user") + "\n 0 100000 65536\n0\n0\nipcell\n");
        assertThat(inside("readlink /proc/self/ns/pid"))
                .isNotEqualTo(id(held + "pid") + "\n")
                .isNotEqualTo(id("/proc/self/ns/pid") + "\n");
    }

    @Test
    void its_processes_and_an_exec_are_in_its_namespaces() throws IOException, InterruptedException {
        String held = held();
        bundle.replace("\"namespaces\": [", "\"namespaces\": [" + USER + held + "user\"},");
        Path pid = temporary.resolve("pid2");
        assertThat(bundle.script("exec sleep 100")
                        .detached("--pid-file", pid.toString())
                        .err())
                .isEmpty();
        String process = "/proc/" + Files.readString(pid);
        assertThat(Files.readString(Path.of(process + "/status")))
                .contains("Uid:\t100000\t100000\t100000\t100000\n")
                .contains("\t1\n");
        Cell.Result exec = bundle.call("exec", "sh", "-c", "readlink /proc/self/ns/user; readlink /proc/self/ns/pid");
        assertThat(exec.err()).isEmpty();
        assertThat(exec.out()).isEqualTo(id(held + "user") + "\n" + id(process + "/ns/pid") + "\n");
    }

    @Test
    void all_of_another_containers_namespaces_are_joined_but_the_mounts() throws IOException, InterruptedException {
        String held = held();
        bundle.replace("\"namespaces\": [", "\"namespaces\": [" + USER + held + "user\"},");
        for (String type : List.of("pid", "ipc", "uts", "network", "cgroup")) {
            String file = type.equals("network") ? "net" : type;
            bundle.replace(
                    "\"type\": \"" + type + "\"", "\"type\": \"" + type + "\", \"path\": \"" + held + file + "\"");
        }
        bundle.replace("\"hostname\": \"ipcell\",", "");
        assertThat(holder.call("exec", "touch", "/dev/mqueue/theirs").err()).isEmpty();
        assertThat(inside("for n in user pid ipc uts net cgroup; do readlink /proc/self/ns/$n; done; ls /dev/mqueue"))
                .isEqualTo(id(held + "user") + "\n" + id(held + "pid") + "\n" + id(held + "ipc") + "\n"
                        + id(held + "uts") + "\n" + id(held + "net") + "\n" + id(held + "cgroup") + "\ntheirs\n");
    }

    @Test
    void a_namespace_of_the_hosts_user_is_inherited_before_the_user_namespace_is_joined()
            throws IOException, InterruptedException {
        TestBundle plain = new TestBundle(temporary).script("exec sleep 100");
        Path pid = temporary.resolve("plain");
        assertThat(plain.detached("--pid-file", pid.toString()).err()).isEmpty();
        try {
            String ipc = "/proc/" + Files.readString(pid) + "/ns/ipc";
            bundle.replace("\"namespaces\": [", "\"namespaces\": [" + USER + held() + "user\"},");
            bundle.replace("\"type\": \"ipc\"", "\"type\": \"ipc\", \"path\": \"" + ipc + "\"");
            plain.call("exec", "touch", "/dev/mqueue/theirs");
            assertThat(inside("readlink /proc/self/ns/ipc; ls /dev/mqueue")).isEqualTo(id(ipc) + "\ntheirs\n");
        } finally {
            plain.call("delete", "--force");
        }
        Leftovers.assertNone(plain);
    }

    @Test
    void a_mount_has_the_ids_of_the_user_namespace_that_is_joined() throws IOException, InterruptedException {
        Path data = Files.createDirectory(temporary.resolve("data"));
        bundle.replace("\"namespaces\": [", "\"namespaces\": [" + USER + held() + "user\"},");
        bundle.mount("{\"destination\": \"/home\", \"source\": \"" + data + "\", \"options\": [\"bind\", \"idmap\"]}");
        assertThat(inside("touch /home/new; stat -c %u:%g /home /home/new")).isEqualTo("0:0\n0:0\n");
        assertThat(Files.getAttribute(data.resolve("new"), "unix:uid")).isEqualTo(0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"bind\"                   | rw,nosuid,nodev,noexec,noatime",
                "\"bind\", \"rw\"           | rw,nosuid,nodev,noexec,noatime",
                "\"rbind\", \"ro\"          | ro,nosuid,nodev,noexec,noatime",
                "\"rbind\", \"rro\"         | ro,nosuid,nodev,noexec,noatime",
            })
    void what_the_source_of_a_bind_mount_forbids_stays_forbidden(String options, String attributes)
            throws IOException, InterruptedException {
        Path source = Files.createDirectory(temporary.resolve("source"));
        bundle.userNamespace()
                .mount("{\"destination\": \"/home\", \"source\": \"" + source + "\", \"options\": [" + options + "]}")
                .script("grep ' /home ' /proc/self/mountinfo | cut -d' ' -f6")
                .write();
        String call = Cell.executable() + " --root " + bundle.root() + " run --bundle " + bundle.directory() + " "
                + bundle.id();
        String mount = "mount -t tmpfs -o nosuid,nodev,noexec,noatime source " + source;
        Cell.Result result =
                Cell.run(Path.of("/"), List.of("unshare", "--mount", "sh", "-c", mount + " && exec " + call));
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo(attributes + "\n");
    }
}
