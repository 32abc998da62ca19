// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.Program;
import dev.ipcell.spec.Fragment;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.Resources;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a real executor finds in a cgroup of version 2 that is only a directory, so that any file can be missing. */
@Timeout(60)
class ResourceFailuresTest {
    private static final String WEIGHT = "{\"blockIO\": {\"weight\": 500}}";
    private static final String NO_SWAP = "{\"memory\": {\"limit\": 4096, \"swap\": 4096}}";

    @TempDir
    private Path mountPoint;

    private Path container = Path.of("/");

    @BeforeEach
    void make() throws Exception {
        container = Files.createDirectories(mountPoint.resolve("engine/c"));
        Files.createFile(mountPoint.resolve("cgroup.subtree_control"));
        Files.createFile(mountPoint.resolve("engine/cgroup.subtree_control"));
        Files.createFile(container.resolve("memory.max"));
    }

    private List<Problem> failures(String json) throws Exception {
        Fragment<Resources> resources = Layouts.resources(json);
        Hierarchy unified = new Hierarchy(mountPoint.toString(), "/", List.of());
        Controllers controllers = Controllers.of(new CgroupLayout(List.of(unified)), "io memory\n");
        ResourcePlan plan = ResourcePlan.forNew(resources.value(), Layouts.origin(resources), controllers);
        try (TestExecutor executor = new TestExecutor()) {
            Program program = new Program();
            plan.add(program, hierarchy -> container.toString());
            return plan.failures(executor.run(program));
        }
    }

    @Test
    void a_weight_needs_one_of_two_files() throws Exception {
        Files.createFile(container.resolve("io.weight"));
        assertThat(failures(WEIGHT)).isEmpty();
        assertThat(container.resolve("io.weight")).hasContent("4950");
        Files.createFile(container.resolve("io.bfq.weight"));
        assertThat(failures(WEIGHT)).isEmpty();
        assertThat(container.resolve("io.bfq.weight")).hasContent("500");
        Files.delete(container.resolve("io.weight"));
        assertThat(failures(WEIGHT)).isEmpty();
    }

    @Test
    void a_weight_without_any_file_is_named_with_both() throws Exception {
        assertThat(failures(WEIGHT))
                .singleElement()
                .satisfies(problem -> assertThat(problem.render())
                        .startsWith("/blockIO/weight: write \"500\" to io.bfq.weight: ")
                        .contains("(ENOENT), and write \"4950\" to io.weight: ", "[line 1, column 24]"));
    }

    @Test
    void no_swap_is_what_a_kernel_without_it_does_anyway() throws Exception {
        assertThat(failures(NO_SWAP)).isEmpty();
        assertThat(container.resolve("memory.max")).hasContent("4096");
    }

    @Test
    void a_file_that_may_be_missing_must_take_the_value_if_it_is_there() throws Exception {
        Files.createDirectory(container.resolve("memory.swap.max")); // takes no write, not even from root
        assertThat(failures(NO_SWAP))
                .singleElement()
                .satisfies(problem ->
                        assertThat(problem.render()).startsWith("/memory/swap: write \"0\" to memory.swap.max: "));
    }
}
