// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * No field of {@code config.json} is without a test that shows its effect from inside a container, or that it is refused by its name:
 * a case of {@link SpecCaseTest}, or a test that {@link Covers} it.
 */
class SpecTableTest {
    /** Rows whose tests are on their way, by the class that will have them. */
    private static final Map<String, String> ELSEWHERE = Map.of(
            "/linux/netDevices/*/name", "NetDeviceTest",
            "/process/apparmorProfile", "ConfinementTest",
            "/process/selinuxLabel", "ConfinementTest",
            "/linux/mountLabel", "ConfinementTest",
            "/linux/intelRdt/", "ConfinementTest",
            "/mounts/*/uidMappings/", "IdmapTest",
            "/mounts/*/gidMappings/", "IdmapTest",
            "/mounts/*/options=idmap", "IdmapTest",
            "/mounts/*/options=ridmap", "IdmapTest");

    @Test
    void every_field_and_value_has_a_test() throws Exception {
        Set<String> missing = new TreeSet<>(SpecFields.rows());
        missing.removeAll(covered());
        missing.removeIf(row -> ELSEWHERE.keySet().stream()
                .anyMatch(prefix -> row.equals(prefix) || (prefix.endsWith("/") && row.startsWith(prefix))));
        assertThat(missing).as("fields without a test").isEmpty();
    }

    @Test
    void every_test_is_of_a_field_that_there_is() throws Exception {
        Set<String> rows = SpecFields.rows();
        assertThat(covered()).as("no rows of the table").isSubsetOf(rows);
        assertThat(ELSEWHERE.keySet())
                .allMatch(prefix -> rows.stream().anyMatch(row -> row.startsWith(prefix)), "is the beginning of a row");
    }

    @Test
    void what_claims_to_cover_a_field_is_run() throws Exception {
        assertThat(marked()).isNotEmpty().allMatch(SpecTableTest::isTest, "is a test");
    }

    private static boolean isTest(Method method) {
        return Stream.of(method.getAnnotations())
                .map(annotation -> annotation.annotationType().getSimpleName())
                .anyMatch(name -> name.equals("Test") || name.equals("ParameterizedTest"));
    }

    private static Set<String> covered() throws Exception {
        List<String> claims = new ArrayList<>();
        for (SpecCases.Group group : SpecCases.all()) {
            group.checks().forEach(check -> claims.addAll(check.rows()));
        }
        for (Method method : marked()) {
            claims.addAll(List.of(method.getAnnotation(Covers.class).value()));
        }
        Set<String> rows = SpecFields.rows();
        return claims.stream().flatMap(claim -> expanded(claim, rows)).collect(Collectors.toSet());
    }

    private static Stream<String> expanded(String claim, Set<String> rows) {
        if (!claim.endsWith("=*") && !claim.contains("/?/")) {
            return Stream.of(claim);
        }
        boolean values = claim.endsWith("=*");
        String plain = values ? claim.substring(0, claim.length() - 1) : claim;
        String pattern = "\\Q" + plain.replace("/?/", "/\\E[^/]+\\Q/") + "\\E" + (values ? ".*" : "");
        List<String> all = rows.stream().filter(row -> row.matches(pattern)).toList();
        assertThat(all).as(claim).isNotEmpty();
        return all.stream();
    }

    /** The methods of all tests of this module that cover a field. */
    private static List<Method> marked() throws IOException, ClassNotFoundException {
        Path classes = Path.of("target/test-classes");
        List<Path> files;
        try (Stream<Path> walk = Files.walk(classes.resolve("dev/ipcell"))) {
            files = walk.filter(file -> file.toString().endsWith("Test.class")).toList();
        }
        List<Method> methods = new ArrayList<>();
        for (Path file : files) {
            String name = classes.relativize(file).toString().replace('/', '.').replace(".class", "");
            Class<?> type = Class.forName(name, false, SpecTableTest.class.getClassLoader());
            for (Method method : type.getDeclaredMethods()) {
                if (method.isAnnotationPresent(Covers.class)) {
                    methods.add(method);
                }
            }
        }
        return methods;
    }
}
