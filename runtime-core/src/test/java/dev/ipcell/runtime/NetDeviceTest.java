// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Network devices that are moved into containers; ipcell is called in a network namespace of its own, with devices of its own. */
@Tag("root")
class NetDeviceTest {
    private static final String SHOW = "ip -o addr show dev inside0; ip -o link show dev inside0";
    private static final String ADDRESS = "192.0.2.7/24 brd 192.0.2.255";

    @TempDir
    Path temporary;

    private final List<Process> holders = new ArrayList<>();
    private TestBundle bundle;
    private Process outside;
    private String index = "";

    @BeforeEach
    void make_a_device() throws IOException, InterruptedException {
        outside = deviceOutside();
        bundle = new TestBundle(temporary).linux("\"netDevices\": {\"out0\": {\"name\": \"inside0\"}}");
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        bundle.call("delete", "--force");
        Leftovers.assertNone(bundle);
        for (Process holder : holders) {
            holder.destroyForcibly().waitFor();
        }
    }

    /** A process in a network namespace of its own. */
    private Process namespace() throws IOException {
        Process holder = new ProcessBuilder("unshare", "--net", "sh", "-c", "echo; exec sleep 1000").start();
        holders.add(holder);
        assertThat(holder.getInputStream().read()).isEqualTo('\n');
        return holder;
    }

    /** A network namespace that stands for the host's. */
    private Process deviceOutside() throws IOException, InterruptedException {
        Process host = namespace();
        ip(host, "link add dev out0 type veth peer name peer0");
        ip(host, "addr add " + ADDRESS + " dev out0");
        ip(host, "addr add 2001:db8::7/64 dev out0 nodad");
        ip(host, "addr add 198.51.100.7/24 dev out0 scope link");
        ip(host, "addr add 203.0.113.7/24 dev out0 valid_lft 1000 preferred_lft 500");
        ip(host, "link set out0 up");
        index = index(host);
        return host;
    }

    private static String index(Process host) throws IOException, InterruptedException {
        return ip(host, "link show dev out0").replaceFirst(":.*\n*", "");
    }

    private static Cell.Result within(Process holder, List<String> command) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("nsenter", "--net=/proc/" + holder.pid() + "/ns/net"));
        all.addAll(command);
        return Cell.run(Path.of("/"), all);
    }

    private static String ip(Process holder, String arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("ip", "-o"));
        command.addAll(List.of(arguments.split(" ")));
        Cell.Result result = within(holder, command);
        assertThat(result.exit()).as(result.err()).isZero();
        return result.out();
    }

    private Cell.Result call(String command, String... options) throws IOException, InterruptedException {
        bundle.write();
        List<String> words = new ArrayList<>(List.of(
                Cell.executable().toString(),
                "--root",
                bundle.root().toString(),
                command,
                "--bundle",
                bundle.directory().toString()));
        words.addAll(List.of(options));
        words.add(bundle.id());
        return within(outside, words);
    }

    private String inside(String script) throws IOException, InterruptedException {
        bundle.script(script);
        Cell.Result result = call("run");
        assertThat(result.err()).isEmpty();
        assertThat(result.exit()).isZero();
        return result.out();
    }

    private void isBack() throws IOException, InterruptedException {
        Leftovers.assertNone(bundle);
        assertThat(ip(outside, "addr show dev out0 up"))
                .contains(ADDRESS, "2001:db8::7/64", "198.51.100.7/24 scope link");
        assertThat(index(outside)).isEqualTo(index);
    }

    @Test
    @Covers("/linux/netDevices/*/name")
    void a_device_has_its_new_name_inside_is_up_and_keeps_its_permanent_global_addresses()
            throws IOException, InterruptedException {
        String seen = inside(SHOW);
        assertThat(seen)
                .contains("inet " + ADDRESS + " scope global inside0", "inet6 2001:db8::7/64 scope global", ",UP")
                .doesNotContain("198.51.100.7", "203.0.113.7", "out0");
    }

    @Test
    void a_device_without_a_name_keeps_its_own() throws IOException, InterruptedException {
        bundle.replace("{\"name\": \"inside0\"}", "{}");
        assertThat(inside("ip -o addr show dev out0")).contains("inet " + ADDRESS + " scope global out0");
    }

    @Test
    void several_devices_may_exchange_their_names() throws IOException, InterruptedException {
        ip(outside, "link add dev out1 type veth peer name peer1");
        ip(outside, "addr add 192.0.2.8/32 dev out1");
        bundle.replace("{\"name\": \"inside0\"}", "{\"name\": \"out1\"}, \"out1\": {\"name\": \"out0\"}");
        assertThat(inside("ip -o addr show dev out0; echo; ip -o addr show dev out1"))
                .containsSubsequence("192.0.2.8/32", "\n\n", ADDRESS);
    }

    @Test
    void a_template_gets_a_number_from_the_kernel_and_keeps_addresses() throws IOException, InterruptedException {
        bundle.replace("inside0", "eth%d");
        assertThat(inside("ip -o addr show dev eth0; ip -o link show dev eth0"))
                .contains("inet " + ADDRESS + " scope global eth0", "inet6 2001:db8::7/64 scope global", ",UP")
                .doesNotContain("198.51.100.7", "203.0.113.7");
    }

    @Test
    void devices_with_the_same_template_get_names_of_their_own_beside_those_that_are_there()
            throws IOException, InterruptedException {
        Process other = namespace();
        ip(other, "link add dev eth0 type veth peer name out0"); // taken inside: the template and the name outside
        ip(outside, "link add dev out1 type veth peer name peer1");
        ip(outside, "addr add 192.0.2.8/32 dev out1");
        bundle.replace("{\"name\": \"inside0\"}", "{\"name\": \"eth%d\"}, \"out1\": {\"name\": \"eth%d\"}");
        bundle.replace(
                "\"type\": \"network\"", "\"type\": \"network\", \"path\": \"/proc/" + other.pid() + "/ns/net\"");
        assertThat(inside("ip -o addr show up").lines())
                .anyMatch(line -> line.matches(".* eth[1-9] +inet " + ADDRESS + " .*"))
                .anyMatch(line -> line.matches(".* eth[1-9] +inet 192.0.2.8/32 .*"));
        assertThat(ip(other, "link").lines().filter(line -> line.contains(": eth")))
                .hasSize(3);
        assertThat(ip(outside, "link")).doesNotContain("out0", "out1");
    }

    @Test
    void a_device_in_a_joined_namespace_that_came_by_a_template_is_no_obstacle_to_the_next()
            throws IOException, InterruptedException {
        Process other = namespace();
        bundle.replace("inside0", "eth%d");
        bundle.replace(
                "\"type\": \"network\"", "\"type\": \"network\", \"path\": \"/proc/" + other.pid() + "/ns/net\"");
        assertThat(inside("true")).isEmpty();
        ip(outside, "link add dev out0 type veth peer name peer2");
        assertThat(inside("ip -o link show up")).contains(" eth0@", " eth1@");
    }

    @Test
    void a_device_is_the_kernel_s_affair_once_the_container_has_run() throws IOException, InterruptedException {
        assertThat(inside("true")).isEmpty();
        for (int i = 0; i < 500 && ip(outside, "link").contains("out0"); i++) {
            Thread.sleep(10);
        }
        assertThat(ip(outside, "link"))
                .as("a virtual device goes with its namespace")
                .doesNotContain("out0");
    }

    @Test
    void a_namespace_that_is_joined_keeps_the_device() throws IOException, InterruptedException {
        Process other = namespace();
        bundle.replace(
                "\"type\": \"network\"", "\"type\": \"network\", \"path\": \"/proc/" + other.pid() + "/ns/net\"");
        assertThat(inside(SHOW)).contains(ADDRESS, ",UP");
        assertThat(ip(other, "addr show dev inside0 up")).contains(ADDRESS);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_container_with_a_user_namespace_gets_its_device(boolean joinsNetwork)
            throws IOException, InterruptedException {
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        bundle.linux("\"uidMappings\": [{\"containerID\": 0, \"hostID\": 100000, \"size\": 65536}],"
                + "\"gidMappings\": [{\"containerID\": 0, \"hostID\": 100000, \"size\": 65536}]");
        bundle.replace("\"namespaces\": [", "\"namespaces\": [{\"type\": \"user\"},");
        if (joinsNetwork) {
            bundle.replace(
                    "\"type\": \"network\"",
                    "\"type\": \"network\", \"path\": \"/proc/" + namespace().pid() + "/ns/net\"");
            bundle.removeMount("/sys/fs/cgroup");
            bundle.removeMount("/sys"); // not to be had without the network namespace's own user namespace
        }
        assertThat(inside(SHOW)).contains(ADDRESS, ",UP");
    }

    @Test
    void hooks_of_the_runtime_see_the_device_inside() throws IOException, InterruptedException {
        Path seen = temporary.resolve("seen");
        bundle.replace(
                "\"hostname\":",
                "\"hooks\": {\"createRuntime\": [{\"path\": \"/bin/sh\", \"args\": [\"sh\", \"-c\","
                        + " \"pid=$(sed 's/.*\\\"pid\\\": *//; s/[^0-9].*//'); nsenter --net=/proc/$pid/ns/net"
                        + " ip -o addr > " + seen
                        + "\"], \"env\": [\"PATH=/usr/sbin:/usr/bin:/sbin:/bin\"]}]}, \"hostname\":");
        inside("true");
        assertThat(seen).content().contains("inside0", ADDRESS);
    }

    @Test
    void a_created_container_has_the_device_and_one_that_is_deleted_does_not_give_it_back()
            throws IOException, InterruptedException {
        assertThat(call("create").err()).isEmpty();
        assertThat(ip(outside, "link")).doesNotContain("out0");
        assertThat(bundle.call("delete", "--force").err()).isEmpty();
        assertThat(ip(outside, "link")).doesNotContain("out0");
    }

    @ParameterizedTest
    @CsvSource({
        "createRuntime, inside0",
        "createContainer, inside0",
        "startContainer, inside0",
        "poststart, inside0",
        "createRuntime, eth%d",
        "poststart, eth%d"
    })
    void a_launch_that_fails_gives_the_device_back(String hook, String name) throws IOException, InterruptedException {
        bundle.replace("inside0", name);
        bundle.replace("\"hostname\":", "\"hooks\": {\"" + hook + "\": [{\"path\": \"/bin/false\"}]}, \"hostname\":");
        Cell.Result result = call("run");
        assertThat(result.err())
                .startsWith("ipcell: config.json /hooks/" + hook)
                .hasLineCount(1);
        isBack();
    }

    @Test
    void a_command_that_is_not_there_gives_the_device_back() throws IOException, InterruptedException {
        bundle.command("/no/such/command");
        assertThat(call("create").exit()).isNotZero();
        isBack();
    }

    @ParameterizedTest
    @CsvSource({
        "fail, inside0",
        "kill-executor, inside0",
        "kill-planner, inside0",
        "fail, eth%d",
        "kill-executor, eth%d",
        "kill-planner, eth%d"
    })
    void a_fault_at_any_step_gives_the_device_back(String action, String name) throws Exception {
        bundle.replace("inside0", name);
        bundle.script("exec sleep 1000");
        Path trace = temporary.resolve("trace.json");
        assertThat(call("create", "--trace", trace.toString()).err()).isEmpty();
        assertThat(bundle.call("delete", "--force").err()).isEmpty();
        outside = deviceOutside();
        List<Integer> operations = TracedOperations.of(trace).entrySet().stream()
                .filter(each -> each.getValue().startsWith("config.json /linux/netDevices"))
                .map(Map.Entry::getKey)
                .toList();
        assertThat(operations).hasSize(8);
        for (int operation : operations) {
            Cell.Result result = call("create", "--inject-fault=" + action + "@" + operation);
            assertThat(result.exit()).as("operation " + operation).isNotZero();
            isBack();
        }
    }

    private void refused(String... messages) throws IOException, InterruptedException {
        Cell.Result result = call("run");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err().lines()).hasSize(messages.length);
        assertThat(result.err()).contains(messages);
        isBack();
    }

    @Test
    void devices_that_are_not_there_are_told_all_at_once() throws IOException, InterruptedException {
        bundle.replace("\"out0\":", "\"no~0\": {}, \"no1\": {}, \"out0\":");
        refused(
                "config.json /linux/netDevices/no~00: there is no such network device: no such device (ENODEV)",
                "config.json /linux/netDevices/no1: there is no such network device: no such device (ENODEV)");
    }

    @Test
    void the_caller_s_own_namespace_is_no_place_to_move_a_device_to() throws IOException, InterruptedException {
        bundle.replace(
                "\"type\": \"network\"", "\"type\": \"network\", \"path\": \"/proc/" + outside.pid() + "/ns/net\"");
        refused("config.json /linux/netDevices: needs a network namespace of the container's own: the one joined is");
    }

    @Test
    void a_name_that_is_taken_in_the_container_is_told() throws IOException, InterruptedException {
        bundle.replace("inside0", "lo");
        refused("config.json /linux/netDevices/out0: RTM_NEWLINK lo: the name is taken: file exists (EEXIST)");
    }

    @Test
    void a_device_that_cannot_leave_its_namespace_is_told_in_the_kernel_s_words()
            throws IOException, InterruptedException {
        bundle.replace("\"out0\":", "\"lo\": {\"name\": \"lo1\"}, \"out0\":");
        refused("config.json /linux/netDevices/lo: RTM_NEWLINK lo: ");
    }
}
