// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.Json;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonWriter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CgroupStatsTest {
    private static final Map<String, String> VERSION1 = Map.ofEntries(
            Map.entry("cpu.stat", "nr_periods 12\nnr_throttled 3\nthrottled_time 4500\nnr_bursts 0\nburst_time 0\n"),
            Map.entry("cpuacct.usage", "3000000\n"),
            Map.entry("cpuacct.usage_percpu", "1000000 2000000 \n"),
            Map.entry("cpuacct.usage_all", "cpu user system\n0 900000 100000\n1 1500000 500000\n"),
            Map.entry("cpuacct.stat", "user 24\nsystem 6\n"),
            Map.entry("cpuset.cpus", "0-1,3\n"),
            Map.entry("cpuset.mems", "0\n"),
            Map.entry("cpuset.sched_load_balance", "1\n"),
            Map.entry("cpuset.sched_relax_domain_level", "-1\n"),
            Map.entry("memory.stat", "cache 8192\nrss 4096\nhierarchical_memory_limit 9223372036854771712\n"),
            Map.entry("memory.usage_in_bytes", "12288\n"),
            Map.entry("memory.max_usage_in_bytes", "16384\n"),
            Map.entry("memory.failcnt", "7\n"),
            Map.entry("memory.limit_in_bytes", "9223372036854771712\n"),
            Map.entry("memory.memsw.usage_in_bytes", "12289\n"),
            Map.entry("memory.memsw.limit_in_bytes", "20000\n"),
            Map.entry("memory.kmem.usage_in_bytes", "100\n"),
            Map.entry("blkio.bfq.io_service_bytes_recursive", "Total 0\n"),
            Map.entry(
                    "blkio.throttle.io_service_bytes_recursive",
                    "8:0 Read 4096\n8:0 Write 0\n8:0 Total 4096\nTotal 4096\n"),
            Map.entry("blkio.throttle.io_serviced_recursive", "8:0 Read 1\n8:0 Total 1\nTotal 1\n"),
            Map.entry("pids.current", "2\n"),
            Map.entry("pids.max", "max\n"),
            Map.entry("hugetlb.2MB.rsvd.usage_in_bytes", "2097152\n"),
            Map.entry("hugetlb.2MB.rsvd.max_usage_in_bytes", "4194304\n"),
            Map.entry("hugetlb.2MB.rsvd.failcnt", "0\n"));

    private static final Map<String, String> VERSION2 = Map.ofEntries(
            Map.entry(
                    "cpu.stat",
                    "usage_usec 300\nuser_usec 200\nsystem_usec 100\nnr_periods 12\nnr_throttled 3\nthrottled_usec 45\n"),
            Map.entry(
                    "cpu.pressure",
                    "some avg10=1.50 avg60=0.00 avg300=0.07 total=123\nfull avg10=0.00 avg60=10.00 avg300=0.00 total=0\n"),
            Map.entry("memory.stat", "anon 4096\nfile 8192\n"),
            Map.entry("memory.current", "12288\n"),
            Map.entry("memory.max", "20480\n"),
            Map.entry("memory.peak", "16384\n"),
            Map.entry("memory.swap.current", "10\n"),
            Map.entry("memory.swap.max", "100\n"),
            Map.entry(
                    "io.stat",
                    "8:0 rbytes=4096 wbytes=512 rios=1 wios=2 dbytes=0 dios=0\n259:1 rbytes=1 wbytes=0 rios=1 wios=0\n"),
            Map.entry("pids.current", "2\n"),
            Map.entry("pids.max", "50\n"),
            Map.entry("hugetlb.1GB.rsvd.current", "0\n"),
            Map.entry("hugetlb.1GB.events", "max 4\n"));

    private static String data(Controllers controllers, Map<String, String> texts) {
        return JsonWriter.compact(CgroupStats.data(controllers, texts));
    }

    private static String member(Controllers controllers, Map<String, String> texts, String name) {
        return JsonWriter.compact(
                Objects.requireNonNull(CgroupStats.data(controllers, texts).get(name)));
    }

    @Test
    void version_1_as_engines_read_it() {
        assertThat(data(Layouts.VERSION1, VERSION1))
                .isEqualTo(
                        "{\"cpu\":{\"usage\":{\"total\":3000000,\"percpu\":[1000000,2000000],\"percpu_kernel\":[100000,500000],"
                                + "\"percpu_user\":[900000,1500000],\"kernel\":60000000,\"user\":240000000},"
                                + "\"throttling\":{\"periods\":12,\"throttledPeriods\":3,\"throttledTime\":4500}},"
                                + "\"cpuset\":{\"cpus\":[0,1,3],\"cpu_exclusive\":0,\"mems\":[0],\"mem_hardwall\":0,\"mem_exclusive\":0,"
                                + "\"memory_migrate\":0,\"memory_spread_page\":0,\"memory_spread_slab\":0,\"memory_pressure\":0,"
                                + "\"sched_load_balance\":1,\"sched_relax_domain_level\":-1},"
                                + "\"memory\":{\"cache\":8192,"
                                + "\"usage\":{\"limit\":9223372036854771712,\"usage\":12288,\"max\":16384,\"failcnt\":7},"
                                + "\"swap\":{\"limit\":20000,\"usage\":12289,\"failcnt\":0},"
                                + "\"kernel\":{\"limit\":0,\"usage\":100,\"failcnt\":0},\"kernelTCP\":{\"limit\":0,\"failcnt\":0},"
                                + "\"raw\":{\"cache\":8192,\"rss\":4096,\"hierarchical_memory_limit\":9223372036854771712}},"
                                + "\"pids\":{\"current\":2},"
                                + "\"blkio\":{\"ioServiceBytesRecursive\":[{\"major\":8,\"op\":\"Read\",\"value\":4096},"
                                + "{\"major\":8,\"op\":\"Write\"},{\"major\":8,\"op\":\"Total\",\"value\":4096}],"
                                + "\"ioServicedRecursive\":[{\"major\":8,\"op\":\"Read\",\"value\":1},{\"major\":8,\"op\":\"Total\",\"value\":1}]},"
                                + "\"hugetlb\":{\"2MB\":{\"usage\":2097152,\"max\":4194304,\"failcnt\":0}},"
                                + "\"intel_rdt\":{},\"network_interfaces\":null}");
    }

    @Test
    void version_2_in_the_same_fields() {
        assertThat(data(Layouts.VERSION2, VERSION2))
                .isEqualTo("{\"cpu\":{\"usage\":{\"total\":300000,\"kernel\":100000,\"user\":200000},"
                        + "\"throttling\":{\"periods\":12,\"throttledPeriods\":3,\"throttledTime\":45000},"
                        + "\"psi\":{\"some\":{\"avg10\":1.5,\"avg60\":0,\"avg300\":0.07,\"total\":123},"
                        + "\"full\":{\"avg10\":0,\"avg60\":10,\"avg300\":0,\"total\":0}}},"
                        + "\"cpuset\":{\"cpu_exclusive\":0,\"mem_hardwall\":0,\"mem_exclusive\":0,\"memory_migrate\":0,"
                        + "\"memory_spread_page\":0,\"memory_spread_slab\":0,\"memory_pressure\":0,\"sched_load_balance\":0,"
                        + "\"sched_relax_domain_level\":0},"
                        + "\"memory\":{\"cache\":8192,\"usage\":{\"limit\":20480,\"usage\":12288,\"max\":16384,\"failcnt\":0},"
                        + "\"swap\":{\"limit\":20580,\"usage\":12298,\"failcnt\":0},"
                        + "\"kernel\":{\"limit\":0,\"failcnt\":0},\"kernelTCP\":{\"limit\":0,\"failcnt\":0},"
                        + "\"raw\":{\"anon\":4096,\"file\":8192}},"
                        + "\"pids\":{\"current\":2,\"limit\":50},"
                        + "\"blkio\":{\"ioServiceBytesRecursive\":[{\"major\":8,\"op\":\"Read\",\"value\":4096},"
                        + "{\"major\":8,\"op\":\"Write\",\"value\":512},{\"major\":259,\"minor\":1,\"op\":\"Read\",\"value\":1},"
                        + "{\"major\":259,\"minor\":1,\"op\":\"Write\"}],"
                        + "\"ioServicedRecursive\":[{\"major\":8,\"op\":\"Read\",\"value\":1},{\"major\":8,\"op\":\"Write\",\"value\":2},"
                        + "{\"major\":259,\"minor\":1,\"op\":\"Read\",\"value\":1},{\"major\":259,\"minor\":1,\"op\":\"Write\"}]},"
                        + "\"hugetlb\":{\"1GB\":{\"failcnt\":4}},\"intel_rdt\":{},\"network_interfaces\":null}");
    }

    @Test
    void no_limit_is_the_largest_number() {
        Map<String, String> texts = new HashMap<>(VERSION2);
        texts.put("memory.max", "max\n");
        assertThat(member(Layouts.VERSION2, texts, "memory"))
                .contains("\"usage\":{\"limit\":18446744073709551615,")
                .contains("\"swap\":{\"limit\":18446744073709551615,");
    }

    @Test
    void without_the_pids_controller_processes_are_counted() {
        assertThat(member(Layouts.controllers("cpu\n", "unified"), Map.of("cgroup.procs", "12\n13\n"), "pids"))
                .isEqualTo("{\"current\":2}");
    }

    @Test
    void a_file_that_makes_no_sense_counts_as_missing() {
        Map<String, String> strange = new HashMap<>();
        for (CgroupFile file : CgroupStats.files(Layouts.VERSION2)) {
            strange.put(file.name(), "some avg10=1e9999 x=- =\n8 : = rbytes\n\n-- 0 0\n");
        }
        assertThat(data(Layouts.VERSION2, strange)).contains("\"usage\":{\"limit\":0,\"failcnt\":0}");
    }

    @ParameterizedTest
    @MethodSource("machines")
    void no_two_files_have_one_name_and_nothing_read_is_something(Controllers controllers) throws InvalidSpecException {
        Set<String> names = new HashSet<>();
        for (CgroupFile file : CgroupStats.files(controllers)) {
            assertThat(names.add(file.name())).as(file.name()).isTrue();
        }
        String text = data(controllers, Map.of());
        assertThat(JsonWriter.compact(Json.parse(text.getBytes(UTF_8)))).isEqualTo(text);
    }

    static List<Controllers> machines() {
        return List.of(Layouts.VERSION1, Layouts.HYBRID, Layouts.VERSION2, Layouts.controllers(""));
    }

    @Test
    void every_file_of_the_fixtures_is_asked_for() {
        assertThat(CgroupStats.files(Layouts.VERSION1))
                .extracting(CgroupFile::name)
                .containsAll(VERSION1.keySet());
        assertThat(CgroupStats.files(Layouts.VERSION2))
                .extracting(CgroupFile::name)
                .containsAll(VERSION2.keySet());
    }

    @Test
    void the_event_has_the_envelope_of_runc() {
        JsonObject event = CgroupStats.event("c1", Layouts.VERSION2, VERSION2);
        assertThat(JsonWriter.compact(event)).startsWith("{\"type\":\"stats\",\"id\":\"c1\",\"data\":{\"cpu\":");
    }
}
