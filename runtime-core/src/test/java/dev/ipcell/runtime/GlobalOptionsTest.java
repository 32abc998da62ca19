// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.Json;
import dev.ipcell.spec.JsonArray;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonString;
import dev.ipcell.spec.JsonWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What engines pass before the command, and what they ask a runtime about itself. */
class GlobalOptionsTest {
    @TempDir
    Path temporary;

    @Test
    void features_is_one_json_document_that_names_what_there_is()
            throws IOException, InterruptedException, InvalidSpecException {
        Cell.Result result = Cell.call("features");
        assertThat(result.err()).isEmpty();
        JsonObject document = Json.parseObject(result.out().getBytes(UTF_8));
        assertThat(document.members())
                .containsKeys("ociVersionMin", "ociVersionMax", "hooks", "mountOptions", "linux", "annotations");
        JsonObject linux = (JsonObject) Objects.requireNonNull(document.get("linux"));
        JsonArray namespaces = (JsonArray) Objects.requireNonNull(linux.get("namespaces"));
        assertThat(namespaces.elements())
                .map(element -> ((JsonString) element).value())
                .contains("ipc", "user", "time")
                .hasSize(8);
        assertThat(JsonWriter.compact(Objects.requireNonNull(linux.get("netDevices"))))
                .isEqualTo("{\"enabled\":true}");
    }

    @ParameterizedTest
    @Tag("root")
    @ValueSource(strings = {"--systemd-cgroup", "--cgroup-manager=systemd"})
    void without_a_bus_the_systemd_driver_says_so_in_one_line(String option) throws IOException, InterruptedException {
        TestBundle bundle = new TestBundle(temporary).write();
        String root = temporary.resolve("root").toString();
        String socket = temporary.resolve("no-bus").toString();
        Cell.Result result = Cell.run(
                bundle.directory(),
                List.of(
                        "env",
                        "DBUS_SYSTEM_BUS_ADDRESS=unix:path=" + socket,
                        Cell.executable().toString(),
                        "--root",
                        root,
                        option,
                        "run",
                        "unheard"));
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("ipcell: the systemd cgroup driver: no bus at unix:path=" + socket + ": No such file")
                .hasLineCount(1);
        assertThat(Path.of(root)).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"--rootless=false", "-rootless=auto", "--debug", "--cgroup-manager=cgroupfs", "--systemd-cgroup"
            })
    void options_that_engines_pass_are_taken(String option) throws IOException, InterruptedException {
        String root = Files.createDirectory(temporary.resolve("root")).toString();
        String log = temporary.resolve("log").toString();
        Cell.Result result = Cell.call("--root", root, "--log", log, option, "list", "--format=json");
        assertThat(result.err()).as("engines read both streams as one").isEmpty();
        assertThat(result.out()).isEqualTo("null\n");
    }

    /** Docker writes the arguments that its user chose for a runtime before its own. */
    @ParameterizedTest
    @CsvSource({
        "--no-such, unknown option --no-such; see ipcell help",
        "--no-such=value, unknown option --no-such; see ipcell help",
        "--no-such value, unknown option --no-such; see ipcell help",
        "--no-such value -other, unknown option --no-such; see ipcell help",
        "--debug=maybe, '--debug=maybe: a flag is true or false, not \"maybe\"'",
        "--rootless=perhaps, '--rootless must be auto, true or false, not \"perhaps\"'",
        "--cgroup-manager=none, '--cgroup-manager must be cgroupfs, systemd or disabled, not \"none\"'",
        "--root=/, '--root must be a directory of its own, not \"/\"'",
        "--inject-fault=x, '--inject-fault must be ACTION@OP or ACTION@OP:ERRNO, not \"x\"'"
    })
    void what_is_wrong_with_an_option_goes_to_the_log_that_a_later_one_names(String wrong, String message)
            throws IOException, InterruptedException, InvalidSpecException {
        Path log = temporary.resolve("log");
        List<String> call = new ArrayList<>(List.of(wrong.split(" ", -1)));
        call.addAll(List.of("--log", log.toString(), "--log-format", "json", "state", "x"));
        Cell.Result result = Cell.call(call.toArray(new String[0]));
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).isEqualTo("ipcell: " + message + "\n");
        assertOnlyEntry(log, message);
    }

    @Test
    void what_is_wrong_with_an_option_of_a_command_goes_to_the_log_too()
            throws IOException, InterruptedException, InvalidSpecException {
        Path log = temporary.resolve("log");
        Cell.call("kill", "--no-such", "--log-format=json", "--log=" + log, "x");
        assertOnlyEntry(log, "unknown option --no-such; see ipcell kill --help");
    }

    /** Also behind a wrong option, what is meant for the container's command is none of ipcell's. */
    @Test
    void a_log_that_is_named_for_a_command_inside_is_not_written() throws IOException, InterruptedException {
        Path log = temporary.resolve("log");
        for (String[] call : new String[][] {
            {"--no-such", "exec", "x", "true", "--log", log.toString()},
            {"exec", "--no-such", "x", "true", "--log", log.toString()},
            {"--no-such", "value", "exec", "x", "true", "--log", log.toString()}
        }) {
            assertThat(Cell.call(call).err()).startsWith("ipcell: unknown option --no-such");
            assertThat(log).doesNotExist();
        }
    }

    private static void assertOnlyEntry(Path log, String message) throws IOException, InvalidSpecException {
        JsonObject entry = Json.parseObject(Files.readAllBytes(log));
        assertThat(entry.members()).containsOnlyKeys("level", "msg", "time");
        assertThat(entry.get("level")).isEqualTo(JsonString.of("error"));
        assertThat(entry.get("msg")).isEqualTo(JsonString.of(message));
    }

    @Test
    @Tag("root")
    void without_a_cgroup_manager_the_container_stays_where_the_caller_is() throws IOException, InterruptedException {
        TestBundle bundle = new TestBundle(temporary)
                .replace("\"type\": \"cgroup\"\n", "\"type\": \"cgroup\", \"path\": \"/proc/self/ns/cgroup\"\n")
                .removeMount("/sys/fs/cgroup")
                .script("cat /proc/self/cgroup")
                .write();
        Cell.Result result = Cell.call(
                "--root",
                bundle.root().toString(),
                "--cgroup-manager",
                "disabled",
                "run",
                "-b",
                bundle.directory().toString(),
                bundle.id());
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo(Files.readString(Path.of("/proc/self/cgroup")));
        Leftovers.assertNone(bundle);
    }

    @Test
    @Tag("root")
    void sockets_of_a_service_manager_reach_the_container() throws IOException, InterruptedException {
        TestBundle bundle = new TestBundle(temporary)
                .script("cat <&3; echo $LISTEN_FDS $LISTEN_PID")
                .write();
        Cell.Result result = Cell.run(
                temporary,
                List.of(
                        "sh",
                        "-c",
                        "exec 3<<A\nsocket\nA\nLISTEN_FDS=1 LISTEN_PID=$$ exec " + Cell.executable() + " --root "
                                + bundle.root() + " run -b " + bundle.directory() + " " + bundle.id()));
        assertThat(result.out()).isEqualTo("socket\n1 1\n");
        Leftovers.assertNone(bundle);
    }
}
