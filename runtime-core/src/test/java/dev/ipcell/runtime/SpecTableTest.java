// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    /** What the schema does not have: other platforms are one row each, and what nobody knows has one. */
    private static final List<String> BEYOND_SCHEMA =
            List.of("/freebsd", "/solaris", "/vm", "/windows", "/zos", "/unknown");

    /** The schema has only those of the mount flags that are no combination. */
    private static final String PROPAGATION = "/linux/rootfsPropagation=r";

    @Test
    void the_table_has_all_fields_of_the_schema_and_no_others() throws IOException {
        Set<String> rows = SpecFields.rows();
        List<String> schema = Files.readAllLines(Path.of("src/test/resources/spec-fields.txt")).stream()
                .filter(line -> !line.startsWith("#"))
                .toList();
        assertThat(schema).hasSizeGreaterThan(200);
        assertThat(schema).allMatch(field -> rows.contains(field) || hasValues(rows, field), "is a row");
        assertThat(rows)
                .filteredOn(row -> !schema.contains(row.replaceFirst("=.*", "")) && !schema.contains(row))
                .allMatch(
                        row -> BEYOND_SCHEMA.contains(row) || row.startsWith(PROPAGATION), "is a field of the schema");
    }

    /** Values that are a matter of another document, such as the names of capabilities, are open in the schema. */
    private static boolean hasValues(Set<String> rows, String field) {
        return rows.stream().anyMatch(row -> row.startsWith(field + "="));
    }

    @Test
    void every_field_and_value_has_a_test() throws Exception {
        Set<String> missing = new TreeSet<>(SpecFields.rows());
        missing.removeAll(covered());
        assertThat(missing).as("fields without a test").isEmpty();
    }

    @Test
    void every_test_is_of_a_field_that_there_is() throws Exception {
        assertThat(covered()).as("no rows of the table").isSubsetOf(SpecFields.rows());
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
