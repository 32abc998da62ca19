// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.runtime.Covers;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.linux.Errno;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Limits on this machine, in whichever version of cgroups it has the controller: they hold, and can be changed while in use. */
@Tag("root")
@Timeout(120)
class ResourceRootTest {
    private static final int KILLED = 137;

    @Test
    void a_process_over_the_memory_limit_is_killed_and_another_is_not() throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("memory"))) {
            cgroup.limit("{\"memory\": {\"limit\": 33554432, \"swap\": 33554432}}");
            assertThat(limit(cgroup)).isEqualTo("33554432");
            assertThat(swap(cgroup)).isEqualTo(cgroup.isUnified() ? "0" : "33554432");
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
                assertThat(limit(cgroup)).isEqualTo(Long.toString(limit));
                assertThat(swap(cgroup)).isEqualTo(Long.toString(cgroup.isUnified() ? swap - limit : swap));
            }
            cgroup.update("{\"memory\": {\"limit\": -1}}");
            assertThat(swap(cgroup)).isEqualTo(cgroup.isUnified() ? "max" : "9223372036854771712");
            cgroup.update("{\"memory\": {\"limit\": 1048576, \"swap\": -1}}");
            assertThat(limit(cgroup)).isEqualTo("1048576");
        }
    }

    private static String limit(RealCgroup cgroup) throws IOException {
        return cgroup.read("memory.limit_in_bytes", "memory.max");
    }

    private static String swap(RealCgroup cgroup) throws IOException {
        return cgroup.read("memory.memsw.limit_in_bytes", "memory.swap.max");
    }

    @Test
    void other_limits_of_memory_are_taken_or_refused() throws Exception {
        String only1 = "{\"memory\": {\"kernelTCP\": 8388608, \"disableOOMKiller\": true, \"swappiness\": 10}}";
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("memory"))) {
            cgroup.limit(
                    "{\"memory\": {\"reservation\": 4194304, \"useHierarchy\": true, \"checkBeforeUpdate\": true}}");
            assertThat(cgroup.read("memory.soft_limit_in_bytes", "memory.low")).isEqualTo("4194304");
            if (cgroup.isUnified()) {
                assertThatThrownBy(() -> cgroup.limit(only1)).hasMessageContaining("version 2");
                return;
            }
            cgroup.limit(only1);
            assertThat(cgroup.read("memory.kmem.tcp.limit_in_bytes", "")).isEqualTo("8388608");
            assertThat(cgroup.read("memory.swappiness", "")).isEqualTo("10");
            assertThat(cgroup.read("memory.oom_control", "")).contains("oom_kill_disable 1");
            cgroup.update("{\"memory\": {\"disableOOMKiller\": false, \"kernelTCP\": -1, \"reservation\": -1}}");
            assertThat(cgroup.read("memory.oom_control", "")).contains("oom_kill_disable 0");
        }
    }

    @Test
    @Covers("/linux/resources/memory/checkBeforeUpdate")
    void a_limit_below_what_is_in_use_names_its_place() throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("memory"))) {
            Process holder = cgroup.start("x=$(head -c 20m /dev/zero | tr '\\0' x); echo ready; read x");
            assertThat(holder.inputReader().readLine()).isEqualTo("ready");
            String update = "{\"memory\": {\"limit\": 4096, \"swap\": 4096, \"checkBeforeUpdate\": true}}";
            if (cgroup.isUnified()) {
                assertThatThrownBy(() -> cgroup.update(update)).hasMessageContaining("/memory/limit: is not above the");
                return;
            }
            assertThatThrownBy(() -> cgroup.update(update))
                    .isInstanceOfSatisfying(PlanFailedException.class, failed -> {
                        assertThat(failed.failure().errno()).isEqualTo(Errno.EBUSY);
                        assertThat(Objects.requireNonNull(failed.failure().step())
                                        .origin())
                                .isEqualTo("--resources /memory/limit");
                    });
        }
    }

    @Test
    void a_process_cannot_fork_past_the_limit_of_tasks() throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("pids"))) {
            cgroup.limit("{\"pids\": {\"limit\": 4}}");
            String script = "sleep 5 & sleep 5 & sleep 5 & sleep 5 & echo too many";
            assertThat(cgroup.shell(script).output()).contains("fork").doesNotContain("too many");
            for (String none : List.of("0", "-1")) {
                cgroup.update("{\"pids\": {\"limit\": 1}}");
                assertThat(cgroup.shell("(echo subshell); echo done").output()).doesNotContain("subshell");
                cgroup.update("{\"pids\": {\"limit\": " + none + "}}");
                assertThat(cgroup.shell("(echo subshell)").output()).isEqualTo("subshell\n");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"5000, 50000, 5000", "100000, 1000000, 9000", "2000, 2000, 0", "80000, 100000, 80000"})
    void the_limit_of_processor_time_can_change_while_it_is_used_up(String quota, String period, String burst)
            throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("cpu"))) {
            cgroup.limit("{\"cpu\": {\"quota\": 5000, \"period\": 50000, \"burst\": 1000}}");
            cgroup.start("while :; do :; done");
            awaitThrottling(cgroup);
            cgroup.update(
                    "{\"cpu\": {\"quota\": " + quota + ", \"period\": " + period + ", \"burst\": " + burst + "}}");
            assertThat(cgroup.read("cpu.cfs_quota_us", "cpu.max"))
                    .isEqualTo(cgroup.isUnified() ? quota + " " + period : quota);
            assertThat(cgroup.read("cpu.cfs_burst_us", "cpu.max.burst")).isEqualTo(burst);
            cgroup.update("{\"cpu\": {\"period\": 500000}}");
            assertThat(cgroup.read("cpu.cfs_period_us", "cpu.max"))
                    .isEqualTo(cgroup.isUnified() ? quota + " 500000" : "500000");
        }
    }

    @Test
    void shares_and_idleness_can_change() throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("cpu"))) {
            cgroup.limit("{\"cpu\": {\"shares\": 512}}");
            assertThat(cgroup.read("cpu.shares", "cpu.weight")).isEqualTo(cgroup.isUnified() ? "59" : "512");
            cgroup.update("{\"cpu\": {\"idle\": 1}}");
            assertThat(cgroup.read("cpu.idle", "cpu.idle")).isEqualTo("1");
            cgroup.update("{\"cpu\": {\"idle\": 0, \"shares\": 2048}}");
            assertThat(cgroup.read("cpu.shares", "cpu.weight")).isEqualTo(cgroup.isUnified() ? "174" : "2048");
        }
    }

    private static void awaitThrottling(RealCgroup cgroup) throws IOException, InterruptedException {
        while (cgroup.read("cpu.stat", "cpu.stat").contains("nr_throttled 0")) {
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
            String rate = "{\"blockIO\": {\"throttleReadBpsDevice\": [{\"major\": "
                    + device.replace(":", ", \"minor\": ") + ", \"rate\": ";
            cgroup.limit(rate + "1048576}]}}");
            assertThat(cgroup.read("blkio.throttle.read_bps_device", "io.max"))
                    .startsWith(device + (cgroup.isUnified() ? " rbps=1048576" : " 1048576"));
            cgroup.update(rate + "0}]}}");
            assertThat(cgroup.read("blkio.throttle.read_bps_device", "io.max")).doesNotContain("1048576");
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
                    .containsPattern("\"total\":[1-9][0-9]{6,},\"(percpu\":\\[|kernel)")
                    .contains("\"psi\":{\"some\":{\"avg10\":");
        }
    }
}
