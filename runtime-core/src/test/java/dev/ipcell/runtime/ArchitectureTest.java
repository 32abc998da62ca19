// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Dependencies go one way, and what is dear on the cold start-up path stays off it. */
class ArchitectureTest {
    /** Each module, and the ones of ours that it may require. */
    private static final Map<String, Set<String>> MAY_REQUIRE = Map.of(
            "dev.ipcell.spec", Set.of(),
            "dev.ipcell.shim", Set.of(),
            "dev.ipcell.ipc", Set.of("dev.ipcell.shim"),
            "dev.ipcell.runtime", Set.of("dev.ipcell.spec", "dev.ipcell.shim", "dev.ipcell.ipc"));

    private static final ModuleFinder MODULES = ModuleFinder.of(
            Path.of("../oci-spec/target/classes"),
            Path.of("../shim/target/classes"),
            Path.of("../ipc-ns/target/classes"),
            Path.of("target/classes"));

    /** Each use of a class by one of the module's classes, as {@code "user -> used"}. */
    private static List<String> uses(String module) throws IOException {
        ModuleReference reference = MODULES.find(module).orElseThrow();
        List<String> found = new ArrayList<>();
        try (ModuleReader reader = reference.open();
                Stream<String> names = reader.list()) {
            for (String name : (Iterable<String>) names::iterator) {
                if (name.endsWith(".class") && !name.equals("module-info.class")) {
                    for (String used : uses(reader.open(name).orElseThrow().readAllBytes())) {
                        found.add(name.replace(".class", "") + " -> " + used);
                    }
                }
            }
        }
        return found;
    }

    private static Set<String> uses(byte[] bytes) {
        Set<String> names = new TreeSet<>();
        for (PoolEntry entry : ClassFile.of().parse(bytes).constantPool()) {
            if (entry instanceof ClassEntry used) {
                names.add(used.asInternalName());
            }
        }
        return names;
    }

    @Test
    void modules_depend_on_each_other_in_one_direction() {
        for (Map.Entry<String, Set<String>> entry : MAY_REQUIRE.entrySet()) {
            Set<String> ours = MODULES.find(entry.getKey()).orElseThrow().descriptor().requires().stream()
                    .map(ModuleDescriptor.Requires::name)
                    .filter(name -> name.startsWith("dev.ipcell."))
                    .collect(Collectors.toSet());
            assertThat(ours).as(entry.getKey()).isEqualTo(entry.getValue());
        }
    }

    @Test
    void only_java_base_and_annotations_are_required_from_elsewhere() {
        for (String module : MAY_REQUIRE.keySet()) {
            assertThat(MODULES.find(module).orElseThrow().descriptor().requires())
                    .map(ModuleDescriptor.Requires::name)
                    .filteredOn(name -> !name.startsWith("dev.ipcell."))
                    .isSubsetOf("java.base", "org.jspecify");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev.ipcell.spec", "dev.ipcell.shim", "dev.ipcell.ipc", "dev.ipcell.runtime"})
    void foreign_functions_are_called_in_one_package_only(String module) throws IOException {
        assertThat(uses(module))
                .isNotEmpty()
                .filteredOn(use -> !use.startsWith("dev/ipcell/shim/linux/"))
                .filteredOn(use -> use.contains(" -> java/lang/foreign/"))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev.ipcell.spec", "dev.ipcell.runtime"})
    void nothing_on_the_cold_path_is_a_lambda_or_a_formatter(String module) throws IOException {
        assertThat(uses(module))
                // Embedding and the resident planner run in a JVM that is warm already.
                .filteredOn(use -> !use.startsWith("dev/ipcell/runtime/Embedded"))
                .filteredOn(use -> !use.startsWith("dev/ipcell/runtime/planner/"))
                .filteredOn(use -> use.endsWith(" -> java/lang/invoke/LambdaMetafactory")
                        || use.endsWith(" -> java/lang/invoke/StringConcatFactory")
                        || use.endsWith(" -> java/util/Formatter")
                        || use.endsWith(" -> java/util/regex/Pattern"))
                .isEmpty();
    }

    @Test
    void the_command_line_is_used_only_by_what_answers_calls() throws IOException {
        assertThat(uses("dev.ipcell.runtime"))
                .filteredOn(use -> use.contains(" -> dev/ipcell/runtime/cli/"))
                .isNotEmpty()
                .allMatch(use -> use.startsWith("dev/ipcell/runtime/cli/")
                        || use.startsWith("dev/ipcell/runtime/planner/")
                        || use.matches("dev/ipcell/runtime/[A-Z].*"));
    }
}
