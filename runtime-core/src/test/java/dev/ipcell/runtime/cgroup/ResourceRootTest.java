// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.linux.Errno;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Limits on this machine's version 1 hierarchies: they hold, and they can be changed while in use. */
@Tag("root")
@Timeout(120)
class ResourceRootTest {
    private static final int KILLED = 137;

    @Test
    void a_process_over_the_memory_limit_is_killed_and_another_is_not() throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("memory"))) {
            cgroup.limit("{\"memory\": {\"limit\": 33554432, \"swap\": 33554432, \"swappiness\": 10}}");
            assertThat(cgroup.read("memory", "memory.limit_in_bytes")).isEqualTo("33554432");
            assertThat(cgroup.read("memory", "memory.memsw.limit_in_bytes")).isEqualTo("33554432");
            assertThat(cgroup.read("memory", "memory.swappiness")).isEqualTo("10");
            assertThat(cgroup.shell("head -c 1m /dev/zero | tail -c 1m | wc -c").output())
                    .isEqualTo("1048576\n");
            RealCgroup.Ended ended = cgroup.shell("head -c 100m /dev/zero | exec tail -c 100m > /dev/null");
            assertThat(ended.exit()).isEqualTo(KILLED);
        }
    }

    @Test
    void memory_and_swap_can_be_raised_and_lowered_in_any_order() throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("memory"))) {
            long[][] values = {{64, 128}, {256, 512}, {32, 48}, {48, 48}, {16, 1024}, {1024, 1024}, {512, 600}};
            for (long[] value : values) {
                long limit = value[0] << 20;
                long swap = value[1] << 20;
                cgroup.update("{\"memory\": {\"limit\": " + limit + ", \"swap\": " + swap + "}}");
                assertThat(cgroup.read("memory", "memory.limit_in_bytes")).isEqualTo(Long.toString(limit));
                assertThat(cgroup.read("memory", "memory.memsw.limit_in_bytes")).isEqualTo(Long.toString(swap));
            }
            cgroup.update("{\"memory\": {\"limit\": -1}}");
            assertThat(cgroup.read("memory", "memory.memsw.limit_in_bytes")).isEqualTo("9223372036854771712");
            cgroup.update("{\"memory\": {\"limit\": 1048576, \"swap\": -1}}");
            assertThat(cgroup.read("memory", "memory.limit_in_bytes")).isEqualTo("1048576");
        }
    }

    @Test
    void other_limits_of_memory_are_taken() throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("memory"))) {
            cgroup.limit("{\"memory\": {\"reservation\": 4194304, \"kernelTCP\": 8388608, \"disableOOMKiller\": true,"
                    + " \"useHierarchy\": true, \"checkBeforeUpdate\": true}}");
            assertThat(cgroup.read("memory", "memory.soft_limit_in_bytes")).isEqualTo("4194304");
            assertThat(cgroup.read("memory", "memory.kmem.tcp.limit_in_bytes")).isEqualTo("8388608");
            assertThat(cgroup.read("memory", "memory.oom_control")).contains("oom_kill_disable 1");
            cgroup.update("{\"memory\": {\"disableOOMKiller\": false, \"kernelTCP\": -1, \"reservation\": -1}}");
            assertThat(cgroup.read("memory", "memory.oom_control")).contains("oom_kill_disable 0");
        }
    }

    @Test
    void a_limit_below_what_is_in_use_names_its_place() throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("memory"))) {
            Process holder = cgroup.start("x=$(head -c 20m /dev/zero | tr '\\0' x); echo ready; read x");
            assertThat(holder.inputReader().readLine()).isEqualTo("ready");
            assertThatThrownBy(() -> cgroup.update("{\"memory\": {\"limit\": 4096, \"swap\": 4096}}"))
                    .isInstanceOfSatisfying(PlanFailedException.class, failed -> {
                        assertThat(failed.failure().errno()).isEqualTo(Errno.EBUSY);
                        var step = failed.failure().step();
                        assertThat(step).isNotNull();
                        assertThat(step == null ? "" : step.origin()).isEqualTo("--resources /memory/limit");
                    });
        }
    }

    @Test
    void a_process_cannot_fork_past_the_limit_of_tasks() throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("pids"))) {
            cgroup.limit("{\"pids\": {\"limit\": 4}}");
            String script = "sleep 5 & sleep 5 & sleep 5 & sleep 5 & echo too many";
            assertThat(cgroup.shell(script).output()).contains("fork").doesNotContain("too many");
            cgroup.update("{\"pids\": {\"limit\": 0}}");
            assertThat(cgroup.shell("(echo subshell); echo done").output()).doesNotContain("subshell");
            cgroup.update("{\"pids\": {\"limit\": -1}}");
            assertThat(cgroup.shell("(echo subshell)").output()).isEqualTo("subshell\n");
        }
    }

    @Test
    void processor_time_is_limited_and_the_limit_can_change_while_it_is() throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("cpu"))) {
            cgroup.limit("{\"cpu\": {\"shares\": 512, \"quota\": 5000, \"period\": 50000, \"burst\": 1000}}");
            cgroup.start("while :; do :; done");
            awaitThrottling(cgroup);
            assertThat(cgroup.read("cpu", "cpu.shares")).isEqualTo("512");
            String[] updates = {"5000, 50000, 5000", "100000, 1000000, 9000", "2000, 2000, 0", "80000, 100000, 80000"};
            for (String update : updates) {
                String[] numbers = update.split(", ", -1);
                cgroup.update("{\"cpu\": {\"quota\": " + numbers[0] + ", \"period\": " + numbers[1] + ", \"burst\": "
                        + numbers[2] + "}}");
                assertThat(cgroup.read("cpu", "cpu.cfs_quota_us")).isEqualTo(numbers[0]);
                assertThat(cgroup.read("cpu", "cpu.cfs_period_us")).isEqualTo(numbers[1]);
                assertThat(cgroup.read("cpu", "cpu.cfs_burst_us")).isEqualTo(numbers[2]);
            }
            cgroup.update("{\"cpu\": {\"idle\": 1}}");
            assertThat(cgroup.read("cpu", "cpu.idle")).isEqualTo("1");
            cgroup.update("{\"cpu\": {\"idle\": 0, \"shares\": 2048}}");
            assertThat(cgroup.read("cpu", "cpu.shares")).isEqualTo("2048");
        }
    }

    private static void awaitThrottling(RealCgroup cgroup) throws IOException, InterruptedException {
        while (cgroup.read("cpu", "cpu.stat").contains("nr_throttled 0")) {
            Thread.sleep(10);
        }
    }

    @Test
    void a_process_stays_on_its_processors() throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("cpuset"))) {
            cgroup.limit("{\"cpu\": {\"cpus\": \"0\", \"mems\": \"0\"}}");
            assertThat(cgroup.shell("grep Cpus_allowed_list /proc/self/status").output())
                    .isEqualTo("Cpus_allowed_list:\t0\n");
        }
    }

    @Test
    void rates_of_a_block_device_are_taken_and_taken_back() throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("blkio"))) {
            String device = blockDevice();
            String[] number = device.split(":", -1);
            String rate = "{\"blockIO\": {\"throttleReadBpsDevice\": [{\"major\": " + number[0] + ", \"minor\": "
                    + number[1] + ", \"rate\": ";
            cgroup.limit(rate + "1048576}]}}");
            assertThat(cgroup.read("blkio", "blkio.throttle.read_bps_device")).isEqualTo(device + " 1048576");
            cgroup.update(rate + "0}]}}");
            assertThat(cgroup.read("blkio", "blkio.throttle.read_bps_device")).isEmpty();
        }
    }

    private static String blockDevice() throws IOException {
        try (Stream<Path> devices = Files.list(Path.of("/sys/block"))) {
            return Files.readString(devices.sorted().toList().getFirst().resolve("dev"))
                    .strip();
        }
    }

    @Test
    void statistics_show_what_the_kernel_counted() throws Exception {
        try (RealCgroup cgroup =
                new RealCgroup(RealCgroup.machine("cpu", "cpuacct", "cpuset", "memory", "blkio", "pids", "unified"))) {
            cgroup.limit("{\"pids\": {\"limit\": 50}, \"memory\": {\"limit\": 67108864}}");
            Process busy = cgroup.start("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo ready; read x");
            assertThat(busy.inputReader().readLine()).isEqualTo("ready");
            JsonObject stats =
                    CgroupStats.data(cgroup.controllers(), cgroup.texts(CgroupStats.files(cgroup.controllers())));
            assertThat(JsonWriter.compact(stats))
                    .contains("\"pids\":{\"current\":1,\"limit\":50}")
                    .contains("\"usage\":{\"limit\":67108864,\"usage\":")
                    .containsPattern("\"total\":[1-9][0-9]{6,},\"percpu\":\\[")
                    .contains("\"psi\":{\"some\":{\"avg10\":")
                    .contains("\"hierarchical_memory_limit\":67108864");
        }
    }
}
