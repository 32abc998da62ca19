// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.DefaultSpec;
import dev.ipcell.spec.Fragment;
import dev.ipcell.spec.Resources;
import dev.ipcell.spec.SpecDocument;
import dev.ipcell.spec.SpecReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResourcePlanTest {
    private static ResourcePlan plan(String json, Controllers controllers) {
        Fragment<Resources> resources = Layouts.resources(json);
        return ResourcePlan.forNew(resources.value(), Layouts.origin(resources), controllers);
    }

    /** Each step as its origin, path and text, with a question mark if it may fail. */
    private static List<String> steps(ResourcePlan plan) {
        Program program = new Program();
        plan.add(program, Layouts.DIRECTORIES);
        List<String> lines = new ArrayList<>();
        for (Step step : program.steps()) {
            FileOp.WriteFile write = (FileOp.WriteFile) step.op();
            lines.add(step.origin() + ": " + write.path() + " = " + new String(write.data(), UTF_8)
                    + (step.optional() ? " ?" : ""));
        }
        return lines;
    }

    @Test
    void pure_version_2_hands_down_what_is_needed_and_tries_the_rest_at_every_level() {
        assertThat(steps(plan("{\"pids\": {\"limit\": 9}, \"memory\": {\"limit\": 4096}}", Layouts.VERSION2)))
                .containsExactly(
                        "--resources: /cg/cgroup.subtree_control = +memory +pids",
                        "the other cgroup controllers: /cg/cgroup.subtree_control = +cpuset +cpu +io +hugetlb +rdma +misc ?",
                        "--resources: /cg/engine/cgroup.subtree_control = +memory +pids",
                        "the other cgroup controllers: /cg/engine/cgroup.subtree_control = +cpuset +cpu +io +hugetlb +rdma +misc ?",
                        "--resources /memory/limit: /cg/engine/c/memory.max = 4096",
                        "--resources /pids/limit: /cg/engine/c/pids.max = 9");
    }

    @Test
    void pure_version_2_hands_down_controllers_for_statistics_even_without_resources() {
        SpecDocument document = Objects.requireNonNull(defaultSpec());
        ResourceOrigin origin = new ResourceOrigin("config.json", "/linux/resources", document.positions());
        ResourcePlan plan = ResourcePlan.forNew(null, origin, Layouts.VERSION2);
        assertThat(steps(plan)).hasSize(2).allMatch(line -> line.endsWith("+rdma +misc ?"));
        assertThat(plan.problems()).isEmpty();
    }

    @Test
    void a_hybrid_machine_hands_down_only_what_is_needed() {
        assertThat(steps(plan("{\"pids\": {\"limit\": 9}}", Layouts.HYBRID)))
                .containsExactly("--resources /pids/limit: /cg/pids/c/pids.max = 9");
        assertThat(steps(plan("{\"hugepageLimits\": [{\"pageSize\": \"2MB\", \"limit\": 0}]}", Layouts.HYBRID)))
                .startsWith(
                        "--resources: /cg/unified/cgroup.subtree_control = +hugetlb",
                        "--resources: /cg/unified/engine/cgroup.subtree_control = +hugetlb")
                .hasSize(4);
    }

    @Test
    void a_container_right_below_the_mount_point_needs_one_level() {
        Program program = new Program();
        plan("{\"pids\": {\"limit\": 9}}", Layouts.VERSION2).add(program, hierarchy -> hierarchy.mountPoint() + "/c");
        assertThat(program.steps()).hasSize(3);
    }

    @Test
    void a_controller_that_the_unified_hierarchy_lacks_is_refused() {
        Controllers few = Layouts.controllers("cpu\n", "unified");
        ResourcePlan plan = plan("{\"memory\": {\"limit\": 5, \"swap\": -1}, \"pids\": {\"limit\": -1}}", few);
        assertThat(plan.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.pointer()).isEqualTo("/memory/limit");
            assertThat(problem.message()).contains("memory controller");
            assertThat(problem.line()).isEqualTo(1);
            assertThat(problem.column()).isEqualTo(22);
        });
        assertThatThrownBy(() -> plan.add(new Program(), Layouts.DIRECTORIES))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("/memory/limit");
    }

    @Test
    void a_problem_of_a_configuration_has_the_pointer_of_the_whole() {
        SpecDocument document = defaultSpec();
        Fragment<Resources> resources = Layouts.resources("{\"cpu\": {\"cpus\": \"0\"}}");
        ResourceOrigin origin = new ResourceOrigin("config.json", "/linux/resources", document.positions());
        assertThat(ResourcePlan.forNew(resources.value(), origin, Layouts.HYBRID)
                        .problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.pointer()).isEqualTo("/linux/resources/cpu/cpus"));
        assertThat(steps(ResourcePlan.forNew(resources.value(), origin, Layouts.VERSION1)))
                .containsExactly("config.json /linux/resources/cpu/cpus: /cg/cpuset/c/cpuset.cpus = 0");
    }

    @Test
    void an_update_reads_first_only_what_it_depends_on() {
        Resources both = Layouts.resources("{\"memory\": {\"swap\": 5}, \"cpu\": {\"period\": 5000}}")
                .value();
        assertThat(ResourcePlan.presentFiles(both, Layouts.VERSION2))
                .extracting(CgroupFile::name)
                .containsExactly("memory.max", "memory.current", "cpu.max");
        assertThat(ResourcePlan.presentFiles(both, Layouts.VERSION1)).isEmpty();
        Resources none = Layouts.resources("{\"memory\": {\"limit\": 5}, \"cpu\": {\"period\": 5000, \"quota\": 2000}}")
                .value();
        assertThat(ResourcePlan.presentFiles(none, Layouts.VERSION2)).isEmpty();
    }

    @Test
    void a_name_with_a_slash_never_becomes_a_path() {
        Resources odd = new Resources(
                List.of(), null, null, null, null, List.of(), null, Map.of(), Map.of("cpu/../x.y", "1"), Map.of());
        ResourceOrigin origin = new ResourceOrigin("x", "", defaultSpec().positions());
        assertThat(ResourcePlan.forNew(odd, origin, Layouts.VERSION2).problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.pointer()).isEqualTo("/unified/cpu~1..~1x.y"));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1",
        "2, 1",
        "3, 2",
        "10, 4",
        "102, 17",
        "512, 59",
        "1000, 99",
        "1024, 100",
        "2048, 174",
        "10000, 627",
        "262143, 10000",
        "262144, 10000",
        "-1, 10000"
    })
    void shares_become_weights_by_the_formula_that_runtimes_share(long shares, long weight) {
        assertThat(CpuResources.weight(shares)).isEqualTo(weight);
    }

    @Test
    void more_shares_never_become_less_weight() {
        long before = 0;
        for (long shares = 0; shares <= 262_144; shares++) {
            long weight = CpuResources.weight(shares);
            assertThat(weight).isBetween(Math.max(before, 1), 10_000L);
            before = weight;
        }
    }

    private static SpecDocument defaultSpec() {
        try {
            return SpecReader.read(DefaultSpec.json().getBytes(UTF_8));
        } catch (dev.ipcell.spec.InvalidSpecException invalid) {
            throw new IllegalStateException(invalid);
        }
    }
}
