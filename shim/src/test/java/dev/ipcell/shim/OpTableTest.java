// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** The table in {@code ops.h}, as the executor prints it, against the Java records and against the tests. */
class OpTableTest {
    @Test
    void every_row_of_the_table_is_a_record_with_the_same_number_name_and_fields() throws Exception {
        List<String> records = new ArrayList<>();
        for (Class<? extends Op> type : OpRecords.all()) {
            Op op = OpRecords.empty(type);
            FieldLetters letters = new FieldLetters();
            op.encode(letters);
            records.add(op.opcode() + " " + OpRecords.name(type) + " " + letters);
        }
        assertThat(records).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(table());
    }

    @Test
    void every_operation_is_described_in_one_line() throws Exception {
        for (Class<? extends Op> type : OpRecords.all()) {
            assertThat(OpRecords.empty(type).describe())
                    .as(type.getName())
                    .isNotBlank()
                    .doesNotContain("\n");
        }
    }

    @Test
    void every_operation_has_a_test_of_its_effect_and_one_of_its_failure() throws Exception {
        TreeSet<String> shown = new TreeSet<>();
        TreeSet<String> failed = new TreeSet<>();
        for (Method method : testMethods()) {
            Shows shows = method.getAnnotation(Shows.class);
            Fails fails = method.getAnnotation(Fails.class);
            for (Class<? extends Op> type : shows == null ? none() : List.of(shows.value())) {
                shown.add(OpRecords.name(type));
            }
            for (Class<? extends Op> type : fails == null ? none() : List.of(fails.value())) {
                failed.add(OpRecords.name(type));
            }
        }
        List<String> names = table().stream()
                .map(row -> row.replaceAll("^\\d+ (\\w+) .*", "$1"))
                .toList();
        assertThat(names).isNotEmpty();
        assertThat(names)
                .as("no effect is shown")
                .filteredOn(name -> !shown.contains(name))
                .isEmpty();
        assertThat(names)
                .as("no failure is shown")
                .filteredOn(name -> !failed.contains(name))
                .isEmpty();
    }

    private static List<Class<? extends Op>> none() {
        return List.of();
    }

    private static List<String> table() throws IOException {
        return table(ExecutorUnderTest.SANITIZED);
    }

    static List<String> table(Path executor) throws IOException {
        Process process = new ProcessBuilder(executor.toString(), "--op-table").start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
    }

    private static List<Method> testMethods() throws IOException, ClassNotFoundException {
        List<Method> methods = new ArrayList<>();
        String itself = OpTableTest.class.getPackageName();
        try (Stream<Path> files = Files.list(Path.of("target/test-classes", itself.replace('.', '/')))) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String name = String.valueOf(file.getFileName());
                if (!name.endsWith("Test.class")) {
                    continue;
                }
                Class<?> type = Class.forName(itself + "." + name.substring(0, name.length() - ".class".length()));
                for (Method method : type.getDeclaredMethods()) {
                    if (method.isAnnotationPresent(Test.class) || method.isAnnotationPresent(ParameterizedTest.class)) {
                        methods.add(method);
                    }
                }
            }
        }
        return methods;
    }

    /** Writes down the letter of each field. */
    private static final class FieldLetters implements OpWriter {
        private final StringBuilder letters = new StringBuilder();

        private FieldLetters add(char letter) {
            letters.append(letter);
            return this;
        }

        @Override
        public OpWriter u32(int value) {
            return add('u');
        }

        @Override
        public OpWriter u64(long value) {
            return add('q');
        }

        @Override
        public OpWriter fills(Slot slot) {
            return add('o');
        }

        @Override
        public OpWriter reads(Slot slot) {
            return add('i');
        }

        @Override
        public OpWriter string(String value) {
            return add('s');
        }

        @Override
        public OpWriter bytes(byte[] value) {
            return add('b');
        }

        @Override
        public OpWriter strings(List<String> values) {
            return add('l');
        }

        @Override
        public OpWriter program(Program program) {
            return add('p');
        }

        @Override
        public String toString() {
            return letters.toString();
        }
    }
}
