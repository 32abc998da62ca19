// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;

/** Documents that the tests read. */
final class Documents {
    private Documents() {}

    /** A configuration that uses every field of runtime-spec 1.3 for Linux. */
    static byte[] everyField() {
        try (InputStream in = Objects.requireNonNull(Documents.class.getResourceAsStream("every-field.json"))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A small valid configuration with further members, which stand on a second line and start in its first column. */
    static String with(String members) {
        return "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"rootfs\"},\n" + members + "\n}";
    }

    static SpecDocument read(String json) throws InvalidSpecException {
        return SpecReader.read(json.getBytes(UTF_8));
    }

    /** The problems of a document as lines; none if it is valid. */
    static List<String> problems(String json) {
        return problems(json.getBytes(UTF_8));
    }

    static List<String> problems(byte[] json) {
        try {
            SpecReader.read(json);
            return List.of();
        } catch (InvalidSpecException e) {
            return e.problems().stream().map(Problem::render).toList();
        }
    }

    static List<String> warnings(String json) throws InvalidSpecException {
        return read(json).warnings().stream().map(Problem::render).toList();
    }
}
