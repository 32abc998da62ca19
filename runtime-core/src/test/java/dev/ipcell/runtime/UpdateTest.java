// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each limit of {@code update}, read back from inside the container. */
@Tag("root")
class UpdateTest extends BundleTest {
    /** Controller, option, value, file and text of version 1, file and text of version 2. */
    private static final String[][] LIMITS = {
        {"cpu", "--cpu-share", "2048", "cpu/cpu.shares", "2048", "cpu.weight", "1[0-9][0-9]"},
        {"cpu", "--cpu-quota", "30000", "cpu/cpu.cfs_quota_us", "30000", "cpu.max", "30000 100000"},
        {"cpu", "--cpu-period", "60000", "cpu/cpu.cfs_period_us", "60000", "cpu.max", "30000 60000"},
        {"cpu", "--cpu-burst", "10000", "cpu/cpu.cfs_burst_us", "10000", "cpu.max.burst", "10000"},
        {"cpuset", "--cpuset-cpus", "0", "cpuset/cpuset.cpus", "0", "cpuset.cpus", "0"},
        {"cpuset", "--cpuset-mems", "0", "cpuset/cpuset.mems", "0", "cpuset.mems", "0"},
        {"memory", "--memory", "64M", "memory/memory.limit_in_bytes", "67108864", "memory.max", "67108864"},
        {
            "memory",
            "--memory-reservation",
            "32M",
            "memory/memory.soft_limit_in_bytes",
            "33554432",
            "memory.low",
            "33554432"
        },
        {
            "memory",
            "--memory-swap",
            "96M",
            "memory/memory.memsw.limit_in_bytes",
            "100663296",
            "memory.swap.max",
            "33554432"
        },
        {"pids", "--pids-limit", "77", "pids/pids.max", "77", "pids.max", "77"},
        {"cpu", "--cpu-idle", "1", "cpu/cpu.idle", "1", "cpu.idle", "1"},
    };

    @BeforeEach
    void run_a_container() throws IOException, InterruptedException {
        assertThat(bundle.script("exec sleep 1000").detached().err()).isEmpty();
    }

    private String limit(String file) throws IOException, InterruptedException {
        String root = bundle.root().toString();
        Cell.Result result = Cell.call("--root", root, "exec", bundle.id(), "cat", "/sys/fs/cgroup/" + file);
        assertThat(result.err()).isEmpty();
        return result.out().strip();
    }

    @Test
    void each_limit_is_what_was_asked_for() throws IOException, InterruptedException {
        int seen = 0;
        for (String[] limit : LIMITS) {
            boolean version1 = MachineFacts.holds("v1 " + limit[0]);
            if (!version1 && !MachineFacts.holds("v2 " + limit[0])) {
                continue;
            }
            Cell.Result updated =
                    Cell.call("--root", bundle.root().toString(), "update", limit[1], limit[2], bundle.id());
            assertThat(updated.err()).as(limit[1]).isEmpty();
            assertThat(updated.exit()).isZero();
            String text = limit(version1 ? limit[3] : limit[5]);
            assertThat(text).as(limit[1]).matches(version1 ? limit[4] : limit[6]);
            seen++;
        }
        assertThat(seen).as("controllers of this machine").isGreaterThan(5);
    }

    /** Kernels without groups for real time have no such files, and others little time to give away. */
    @Test
    void real_time_is_given_or_the_option_is_named() throws IOException, InterruptedException {
        for (String[] option : new String[][] {
            {"--cpu-rt-period", "800000", "cpu/cpu.rt_period_us"}, {"--cpu-rt-runtime", "1000", "cpu/cpu.rt_runtime_us"}
        }) {
            Cell.Result result =
                    Cell.call("--root", bundle.root().toString(), "update", option[0], option[1], bundle.id());
            if (result.exit() == 0) {
                assertThat(limit(option[2])).isEqualTo(option[1]);
            } else {
                assertThat(result.err())
                        .startsWith("ipcell: " + option[0] + ": ")
                        .hasLineCount(1);
            }
        }
    }

    @Test
    void a_document_comes_from_a_file_or_from_standard_input() throws IOException, InterruptedException {
        Path file = temporary.resolve("resources.json");
        Files.writeString(file, "{\"pids\": {\"limit\": 55}}");
        String root = bundle.root().toString();
        assertThat(Cell.call("--root", root, "update", "--resources", file.toString(), bundle.id())
                        .err())
                .isEmpty();
        String pids = MachineFacts.holds("v1 pids") ? "pids/pids.max" : "pids.max";
        assertThat(limit(pids)).isEqualTo("55");
        String call = Cell.executable() + " --root " + root + " update --resources=- " + bundle.id();
        Cell.Result piped = Cell.run(temporary, List.of("sh", "-c", "echo '{\"pids\": {\"limit\": 66}}' | " + call));
        assertThat(piped.err()).isEmpty();
        assertThat(limit(pids)).isEqualTo("66");
        Cell.Result wrong = Cell.run(temporary, List.of("sh", "-c", "echo '{\"pids\": {\"limit\": []}}' | " + call));
        assertThat(wrong.exit()).isEqualTo(1);
        assertThat(wrong.err())
                .startsWith("ipcell: --resources /pids/limit: must be an integer")
                .hasLineCount(1);
    }
}
