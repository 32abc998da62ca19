// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a caller reads who got something wrong: one clear line for each mistake, and nothing is left behind. */
@Tag("root")
class BadBundleTest extends BundleTest {
    /** What ends by itself leaves nothing for anybody else to delete. */
    @Override
    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        Leftovers.assertNone(bundle);
    }

    private void refused(Cell.Result result, String... lines) {
        refused(1, result, lines);
    }

    private void refused(int exit, Cell.Result result, String... lines) {
        assertThat(result.err()).isEqualTo("ipcell: " + String.join("\nipcell: ", lines) + "\n");
        assertThat(result.out()).isEmpty();
        assertThat(result.exit()).isEqualTo(exit);
    }

    private Cell.Result runAt(String directory) throws IOException, InterruptedException {
        return Cell.call("--root", bundle.root().toString(), "run", "-b", directory, bundle.id());
    }

    @Test
    void a_missing_bundle() throws IOException, InterruptedException {
        refused(runAt("/no/bundle"), "bundle /no/bundle: /no/bundle: no such file or directory (ENOENT)");
    }

    @Test
    void a_bundle_that_is_a_file() throws IOException, InterruptedException {
        refused(runAt("/etc/passwd"), "bundle /etc/passwd: openat2 /etc/passwd: not a directory (ENOTDIR)");
    }

    @Test
    void a_bundle_without_configuration() throws IOException, InterruptedException {
        String directory = bundle.directory().toString();
        refused(runAt(directory), "bundle " + directory + ": config.json: no such file or directory (ENOENT)");
    }

    @Test
    void a_configuration_that_cannot_be_read() throws IOException, InterruptedException {
        Files.createDirectory(bundle.directory().resolve("config.json"));
        String directory = bundle.directory().toString();
        refused(runAt(directory), "bundle " + directory + ": read config.json: is a directory (EISDIR)");
    }

    @Test
    void a_configuration_that_is_too_large_by_far() throws IOException, InterruptedException {
        try (RandomAccessFile file =
                new RandomAccessFile(bundle.directory().resolve("config.json").toFile(), "rw")) {
            file.setLength(100 << 20);
        }
        String directory = bundle.directory().toString();
        String why = "bundle " + directory + ": config.json: larger than 8192 KiB, which is the limit (EFBIG)";
        String root = bundle.root().toString();
        for (String command : List.of("run", "create")) {
            refused(Cell.call("--root", root, command, "-b", directory, bundle.id()), why);
        }
        refused(Cell.call("plan", "-b", directory), why);
    }

    @Test
    void a_configuration_that_is_nested_too_deep_or_has_too_many_values() throws IOException, InterruptedException {
        Path config = bundle.directory().resolve("config.json");
        Files.writeString(config, "[".repeat(100_000));
        assertThat(runAt(bundle.directory().toString()).err())
                .contains("nested deeper than 200 levels")
                .hasLineCount(1);
        Files.writeString(config, "[" + "1,".repeat(100_000) + "1]");
        assertThat(runAt(bundle.directory().toString()).err())
                .contains("more than 100000 values")
                .hasLineCount(1);
    }

    @Test
    void broken_json_is_shown_by_line_and_column() throws IOException, InterruptedException {
        Files.writeString(
                bundle.directory().resolve("config.json"), "{\n  \"ociVersion\": \"1.3.0\",\n  \"root\": }\n");
        Cell.Result result = runAt(bundle.directory().toString());
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("ipcell: config.json ")
                .contains("line 3, column 11")
                .hasLineCount(1);
    }

    @Test
    void all_wrong_types_at_once_with_pointers_and_places() throws IOException, InterruptedException {
        bundle.replace("\"readonly\": true", "\"readonly\": \"yes\"")
                .replace("\"cwd\": \"/\"", "\"cwd\": 7")
                .replace("\"hostname\": \"ipcell\"", "\"hostname\": [\"a\"]")
                .replace("\"type\": \"ipc\"", "\"type\": \"icp\"");
        Cell.Result result = bundle.run();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err().lines())
                .hasSize(4)
                .allMatch(line -> line.startsWith("ipcell: config.json /") && line.contains("[line "))
                .anyMatch(line -> line.contains("/root/readonly"))
                .anyMatch(line -> line.contains("/process/cwd"))
                .anyMatch(line -> line.contains("/hostname"))
                .anyMatch(line -> line.contains("/linux/namespaces/") && line.contains("\"icp\""));
    }

    @Test
    void a_namespace_that_is_listed_twice() throws IOException, InterruptedException {
        Cell.Result result = bundle.replace("\"type\": \"ipc\"", "\"type\": \"ipc\"},{\"type\": \"ipc\"")
                .run();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .contains("/linux/namespaces/")
                .contains("duplicate namespace ipc")
                .hasLineCount(1);
    }

    private Cell.Result joining(String type, String path) throws IOException, InterruptedException {
        return bundle.replace("\"type\": \"" + type + "\"", "\"type\": \"" + type + "\", \"path\": \"" + path + "\"")
                .run();
    }

    @Test
    void a_joined_namespace_of_another_type() throws IOException, InterruptedException {
        Cell.Result result = joining("ipc", "/proc/self/ns/net");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("ipcell: config.json /linux/namespaces/")
                .contains("/path", "/proc/self/ns/net is a network namespace, not ipc")
                .hasLineCount(1);
    }

    @Test
    void a_joined_path_that_is_no_namespace() throws IOException, InterruptedException {
        Cell.Result result = joining("ipc", "/etc/passwd");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("ipcell: config.json /linux/namespaces/")
                .contains("/etc/passwd is no namespace")
                .hasLineCount(1);
    }

    @Test
    void a_joined_path_that_is_missing() throws IOException, InterruptedException {
        Cell.Result result = joining("uts", "/proc/4194303/ns/uts");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("ipcell: config.json /linux/namespaces/")
                .contains("/proc/4194303/ns/uts", "ENOENT")
                .hasLineCount(1);
    }

    @Test
    void a_root_file_system_that_is_missing() throws IOException, InterruptedException {
        refused(
                bundle.replace(Cell.busybox().toString(), "/no/rootfs").run(),
                "config.json /root/path: /no/rootfs: no such file or directory (ENOENT)");
    }

    @Test
    void a_root_file_system_that_is_a_file() throws IOException, InterruptedException {
        refused(
                bundle.replace(Cell.busybox().toString(), "/etc/passwd").run(),
                "config.json /root/path: openat2 /etc/passwd: not a directory (ENOTDIR)");
    }

    @Test
    void a_file_mounted_on_a_directory() throws IOException, InterruptedException {
        bundle.mount(
                "{\"destination\": \"/bin\", \"type\": \"bind\", \"source\": \"/etc/passwd\", \"options\": [\"bind\"]}");
        refused(
                bundle.run(),
                "config.json /mounts/0 (/bin): what is mounted there is not a directory, but /bin is one (EISDIR)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/../../../../../..", "/etc", "../../../../../../../.."})
    void a_link_on_a_mount_destination_stays_inside_the_root(String target) throws IOException, InterruptedException {
        Path root = bundle.ownRoot();
        Files.createSymbolicLink(root.resolve("escape"), Path.of(target));
        bundle.mount("{\"destination\": \"/escape/ipcell-escaped\", \"type\": \"tmpfs\", \"source\": \"tmpfs\"}");
        Cell.Result result = bundle.script("true").run();
        Files.delete(root.resolve("escape"));
        assertThat(Path.of("/ipcell-escaped")).doesNotExist();
        assertThat(Path.of("/etc/ipcell-escaped")).doesNotExist();
        assertThat(result.err()).isEmpty();
    }

    @Test
    void a_link_where_proc_is_to_be_mounted_is_refused() throws IOException, InterruptedException {
        Path root = bundle.ownRoot();
        Files.delete(root.resolve("proc"));
        Files.createSymbolicLink(root.resolve("proc"), Path.of("/tmp"));
        Cell.Result result = bundle.script("true").run();
        Files.delete(root.resolve("proc"));
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .isEqualTo("ipcell: config.json /mounts/0 (/proc): /proc: a symbolic link where none may be: "
                        + "must be mounted on ordinary directory (ELOOP)\n");
    }

    @Test
    void a_device_of_the_image_does_not_stand_in_for_dev_null() throws IOException, InterruptedException {
        // Only a bound /dev lets the image choose what is at /dev/null (CVE-2025-31133).
        Path dev = Files.createDirectory(temporary.resolve("dev"));
        Files.writeString(dev.resolve("null"), "not the device");
        Files.createDirectory(dev.resolve("pts"));
        Files.createDirectory(dev.resolve("shm"));
        Files.createDirectory(dev.resolve("mqueue"));
        bundle.mount("{\"destination\": \"/dev\", \"type\": \"bind\", \"source\": \"" + dev
                + "\", \"options\": [\"rbind\"]}");
        bundle.removeMount("/dev");
        Cell.Result result = bundle.script("true").run();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("/linux/maskedPaths", "EXDEV").hasLineCount(1);
    }

    @Test
    void a_command_that_is_not_in_the_path() throws IOException, InterruptedException {
        refused(
                127,
                bundle.command("no-such-command").run(),
                "config.json /process/args: exec: \"no-such-command\": executable file not found in $PATH");
    }

    @Test
    void a_container_that_never_ran_has_no_pid_file() throws IOException, InterruptedException {
        Path file = temporary.resolve("pid");
        assertThat(bundle.command("no-such-command")
                        .run("--pid-file", file.toString())
                        .exit())
                .isEqualTo(127);
        assertThat(file).doesNotExist();
    }

    @Test
    void a_command_whose_file_is_missing() throws IOException, InterruptedException {
        Cell.Result result = bundle.command("/bin/nothing").run();
        assertThat(result.exit()).isEqualTo(127);
        assertThat(result.err())
                .startsWith(
                        "ipcell: config.json /process/args: exec: \"/bin/nothing\": no such file or directory (ENOENT)")
                .hasLineCount(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/etc/passwd", "/etc"})
    void a_command_that_is_not_executable(String command) throws IOException, InterruptedException {
        Cell.Result result = bundle.command(command).run();
        assertThat(result.exit()).isEqualTo(126);
        assertThat(result.err())
                .startsWith("ipcell: config.json /process/args: exec: \"" + command + "\": permission denied (EACCES)")
                .hasLineCount(1);
    }

    @Test
    void an_id_in_use() throws IOException, InterruptedException {
        bundle.script("echo ready; read end; exit 0").write();
        Process first = new ProcessBuilder(
                        Cell.executable().toString(),
                        "--root",
                        bundle.root().toString(),
                        "run",
                        "-b",
                        bundle.directory().toString(),
                        bundle.id())
                .start();
        try {
            assertThat(first.inputReader().readLine()).isEqualTo("ready");
            Cell.Result second = bundle.run();
            assertThat(second.exit()).isEqualTo(1);
            assertThat(second.err())
                    .startsWith("ipcell: container with given ID already exists: \"" + bundle.id() + "\"")
                    .hasLineCount(1);
            assertThat(bundle.root().resolve(bundle.id()))
                    .as("the first one's state")
                    .isDirectory();
        } finally {
            first.outputWriter().close();
        }
        assertThat(first.waitFor()).as("the first is not disturbed").isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b", "..", ".", "", "a b", "ä", "a\nb"})
    void an_invalid_id(String id) throws IOException, InterruptedException {
        bundle.write();
        Cell.Result result = Cell.call(
                "--root",
                bundle.root().toString(),
                "run",
                "-b",
                bundle.directory().toString(),
                id);
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).startsWith("ipcell: invalid container ID format: \"");
        assertThat(bundle.root()).doesNotExist();
    }

    @Test
    void an_id_that_is_missing_or_one_too_many() throws IOException, InterruptedException {
        bundle.write();
        refused(Cell.call("run"), "the container's ID is missing; see ipcell run --help");
        Cell.Result two = Cell.call("run", "a", "b");
        assertThat(two.exit()).isEqualTo(1);
        assertThat(two.err()).contains("\"b\"").hasLineCount(1);
    }

    @Test
    void an_unknown_option_or_command() throws IOException, InterruptedException {
        refused(Cell.call("--no-such"), "unknown option --no-such; see ipcell help");
        refused(Cell.call("run", "--no-such", "x"), "unknown option --no-such; see ipcell run --help");
        refused(Cell.call("rum"), "unknown command \"rum\", did you mean run? see ipcell help");
        refused(Cell.call("checkpoint", "x"), "checkpoint is not supported: ipcell does not save containers");
        refused(Cell.call("restore", "x"), "restore is not supported: ipcell does not save containers");
        refused(Cell.call("run", "--bundle"), "flag needs an argument: --bundle");
    }

    @Test
    void errors_go_to_the_log_too_in_the_form_asked_for() throws IOException, InterruptedException {
        Path log = temporary.resolve("log");
        Cell.call("--log", log.toString(), "--log-format", "json", "run", "-b", "/no/bundle", "x");
        assertThat(log)
                .content()
                .startsWith("{\"level\":\"error\",\"msg\":\"bundle /no/bundle: ")
                .endsWith("}\n");
    }

    @Test
    void a_field_that_is_not_carried_out_yet_is_refused_by_name() throws IOException, InterruptedException {
        Cell.Result result = bundle.replace("\"uid\": 0,", "\"username\": \"x\", \"uid\": 0,")
                .script("true")
                .run();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("ipcell: config.json /process/user/username: is not supported yet [line ")
                .hasLineCount(1);
    }

    @Test
    void a_cgroup_that_cannot_be_made_is_named() throws IOException, InterruptedException {
        bundle.linux("\"cgroupsPath\": \"/cgroup.procs/a\"");
        Cell.Result result = bundle.script("true").run();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("ipcell: config.json /linux/cgroupsPath")
                .contains("ENOTDIR")
                .hasLineCount(1);
    }
}
