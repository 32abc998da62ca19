// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A table of {@code /proc/sysvipc}: a line of column names, then a line for each object (proc_sysvipc(5)). */
final class SysvTable {
    private SysvTable() {}

    /** One line, with its columns found by name: kernels have added some at the end. */
    record Row(List<String> names, List<String> values) {
        /** A decimal number, up to 64 bits unsigned; 0 if the kernel has no such column. */
        long number(String column) {
            @Nullable String value = value(column);
            if (value == null) {
                return 0;
            }
            return value.startsWith("-") ? Long.parseLong(value) : Long.parseUnsignedLong(value);
        }

        /** An octal number. */
        int octal(String column) {
            @Nullable String value = value(column);
            return value == null ? 0 : Integer.parseInt(value, 8);
        }

        private @Nullable String value(String column) {
            int index = names.indexOf(column);
            return index < 0 ? null : values.get(index);
        }
    }

    /** The objects of a file that is not there (a kernel without CONFIG_SYSVIPC) are none. */
    static <T> List<T> read(Path file, Function<Row, T> object) throws IOException {
        return Files.exists(file) ? parse(ProcFile.read(file), file, object) : List.of();
    }

    static <T> List<T> parse(String text, Path file, Function<Row, T> object) throws IOException {
        List<String> lines = text.lines().toList();
        if (lines.isEmpty()) {
            return List.of(); // what a kernel says that has the file system only
        }
        List<String> names = KernelNumber.words(lines.getFirst());
        List<T> objects = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            List<String> values = KernelNumber.words(line);
            if (values.size() != names.size()) {
                throw new IOException(
                        file + ": " + values.size() + " values under " + names.size() + " names: " + line);
            }
            try {
                objects.add(object.apply(new Row(names, values)));
            } catch (NumberFormatException e) {
                throw new IOException(file + ": not a number in: " + line, e);
            }
        }
        return List.copyOf(objects);
    }
}
