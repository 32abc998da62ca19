// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A container with cgroups below its own, as a service manager in it makes them; one of its two processes is in there. It shares the
 * host's pid namespace, so that the end of its first process is not the end of the other.
 */
@Tag("root")
class NestedCgroupTest {
    @TempDir
    Path temporary;

    private TestBundle bundle;
    private String first;
    private String second;

    @BeforeEach
    void move_one_of_two_processes_into_a_cgroup_below() throws Exception {
        bundle = new TestBundle(temporary)
                .script("sleep 1000 & echo $! > /dev/shm/second; exec sleep 1001")
                .merge(
                        "{\"linux\": {\"namespaces\": [{\"type\": \"mount\"}, {\"type\": \"ipc\"}, {\"type\": \"uts\"}]}}");
        Path file = temporary.resolve("pid");
        assertThat(bundle.detached("--pid-file", file.toString()).err()).isEmpty();
        first = Files.readString(file);
        Path told = Path.of("/proc", first, "root/dev/shm/second");
        for (int i = 0; i < 500 && !(Files.exists(told) && Files.size(told) > 0); i++) {
            Thread.sleep(10);
        }
        second = Files.readString(told).strip();
        for (Path own : cgroups()) {
            Files.writeString(below(own).resolve("cgroup.procs"), second);
        }
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        assertThat(bundle.call("delete", "--force").err()).isEmpty();
        Leftovers.assertNone(bundle);
    }

    private List<Path> cgroups() throws IOException {
        List<Path> own = CgroupTexts.directories(bundle);
        assertThat(own).isNotEmpty();
        return own;
    }

    /** Two levels below a cgroup, the lower with a name that looks hidden. */
    private static Path below(Path own) throws IOException {
        Path below = own;
        for (String name : List.of("service", ".part")) {
            Path parent = below;
            below = Files.createDirectory(parent.resolve(name));
            for (String file : List.of("cpuset.cpus", "cpuset.mems")) {
                // In version 1 a cgroup takes nobody before it has some.
                if (Files.exists(below.resolve(file)) && !Files.exists(below.resolve("cgroup.controllers"))) {
                    Files.writeString(below.resolve(file), Files.readString(parent.resolve(file)));
                }
            }
        }
        return below;
    }

    private static boolean lives(String pid) throws IOException {
        Path stat = Path.of("/proc", pid, "stat");
        try {
            return !Files.readString(stat).contains(") Z ");
        } catch (IOException gone) {
            return false;
        }
    }

    private static void assertDies(String pid) throws IOException, InterruptedException {
        for (int i = 0; i < 500 && lives(pid); i++) {
            Thread.sleep(10);
        }
        assertThat(lives(pid)).isFalse();
    }

    @Test
    void ps_lists_both() throws IOException, InterruptedException {
        Cell.Result json = Cell.call("--root", bundle.root().toString(), "ps", "--format", "json", bundle.id());
        assertThat(json.err()).isEmpty();
        assertThat(json.out().strip().replaceAll("[\\[\\]]", "").split(",", -1))
                .containsExactlyInAnyOrder(first, second);
        assertThat(bundle.call("ps").out()).contains("sleep 1000", "sleep 1001");
    }

    @Test
    void kill_all_reaches_both() throws IOException, InterruptedException {
        assertThat(bundle.call("kill", "--all", "KILL").err()).isEmpty();
        assertDies(first);
        assertDies(second);
    }

    @Test
    void kill_all_sends_any_signal_to_both() throws IOException, InterruptedException {
        assertThat(bundle.call("kill", "--all", "TERM").err()).isEmpty();
        assertDies(first);
        assertDies(second);
    }

    @Test
    void kill_all_reaches_the_other_when_the_first_has_ended() throws IOException, InterruptedException {
        assertThat(bundle.call("kill", "TERM").err()).isEmpty();
        assertDies(first);
        assertThat(lives(second)).isTrue();
        assertThat(bundle.call("kill", "--all", "KILL").err()).isEmpty();
        assertDies(second);
    }

    @Test
    void pause_holds_both() throws IOException, InterruptedException {
        assertThat(bundle.call("pause").err()).isEmpty();
        boolean held = false;
        for (Path own : cgroups()) {
            Path version1 = own.resolve("service/.part/freezer.state");
            Path version2 = own.resolve("service/.part/cgroup.events");
            held |= Files.exists(version1) && Files.readString(version1).equals("FROZEN\n");
            held |= Files.exists(version2) && Files.readString(version2).contains("frozen 1");
        }
        assertThat(held).isTrue();
        assertThat(bundle.call("kill", "--all", "KILL").err()).isEmpty();
        assertDies(first);
        assertDies(second);
    }

    @Test
    void delete_takes_both_away_even_if_the_other_was_frozen_by_itself() throws IOException, InterruptedException {
        for (Path own : cgroups()) {
            for (String file : List.of("freezer.state", "cgroup.freeze")) {
                Path below = own.resolve("service/.part").resolve(file);
                if (Files.exists(below)) {
                    Files.writeString(below, file.equals("freezer.state") ? "FROZEN" : "1");
                }
            }
        }
        assertThat(bundle.call("delete", "--force").err()).isEmpty();
        assertThat(lives(second)).isFalse();
        Leftovers.assertNone(bundle);
    }

    private Cell.Result cgroupsOf(String... options) throws IOException, InterruptedException {
        List<String> call = new ArrayList<>(List.of("--root", bundle.root().toString(), "exec"));
        call.addAll(List.of(options));
        call.addAll(List.of(bundle.id(), "cat", "/proc/self/cgroup"));
        return Cell.call(call.toArray(new String[0]));
    }

    @Test
    void an_exec_is_in_the_cgroup_below_that_it_asks_for_in_all_hierarchies_or_in_one()
            throws IOException, InterruptedException {
        int all = cgroups().size();
        assertThat(cgroupsOf().out().lines().filter(line -> line.endsWith("/" + bundle.id())))
                .hasSize(all);
        assertThat(cgroupsOf("--cgroup", "service").out().lines())
                .filteredOn(line -> line.endsWith("/" + bundle.id() + "/service"))
                .hasSize(all);
        boolean separate = cgroups().stream().anyMatch(own -> own.startsWith("/sys/fs/cgroup/pids"));
        Cell.Result one = cgroupsOf("--cgroup", "pids:service");
        assertThat(one.exit()).as(one.err()).isEqualTo(separate ? 0 : 255);
        assertThat(one.out().lines().filter(line -> line.contains(bundle.id() + "/service")))
                .allMatch(line -> line.contains(":pids:"))
                .hasSize(separate ? 1 : 0);
    }

    @Test
    void events_tell_that_memory_ran_out_below() throws IOException, InterruptedException {
        for (Path own : cgroups()) {
            for (String file : List.of("memory.limit_in_bytes", "memory.max")) {
                Path limit = own.resolve("service/.part").resolve(file);
                if (Files.exists(limit)) {
                    Files.writeString(limit, "8388608");
                }
            }
        }
        Process events = bundle.begin("events", "--interval=100s");
        try {
            assertThat(events.inputReader().readLine()).contains("\"stats\"");
            String eater = "head -c 100000000 /dev/zero | tail -c 90000000 > /dev/null";
            Cell.Result exec = Cell.call(
                    "--root",
                    bundle.root().toString(),
                    "exec",
                    "--cgroup",
                    "service/.part",
                    bundle.id(),
                    "sh",
                    "-c",
                    eater);
            assertThat(exec.exit()).as(exec.err()).isNotZero();
            assertThat(events.inputReader().readLine()).contains("\"oom\"");
        } finally {
            events.destroy();
            events.waitFor();
        }
    }
}
