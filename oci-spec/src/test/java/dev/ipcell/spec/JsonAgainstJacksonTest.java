// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/** The parser reads what Jackson reads, refuses what Jackson refuses, and finds everything in the same place. */
final class JsonAgainstJacksonTest {
    private static final JsonFactory JACKSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** Without the carriage return, after which Jackson begins a line and editors on Linux do not. */
    private static final String PIECES = "{}[]\",:0123456789.eE+-\\/bfnrtu \n\t\0\u0001ax";

    @Test
    void they_agree_on_a_document_with_every_field() {
        assertAgreement(Documents.everyField());
    }

    @Test
    void they_agree_on_damaged_documents() {
        byte[] original =
                "{\"a\": [1, -2.5e+10, true, false, null, \"x\\u00e9\\n\\\\\"],\n \"b\": {\"c\": {}, \"d\": []}, \"ä€😀\": 0}"
                        .getBytes(UTF_8);
        Random random = new Random(20260102);
        int read = 0;
        for (int round = 0; round < 60_000; round++) {
            byte[] damaged = damage(original, random);
            read += assertAgreement(damaged) ? 1 : 0;
        }
        assertThat(read).isBetween(3_000, 57_000); // both kinds were tried
    }

    /** Changes some ASCII bytes; the first stays, since Jackson guesses the encoding from the start. */
    private static byte[] damage(byte[] original, Random random) {
        byte[] damaged = original.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = 4 + random.nextInt(damaged.length - 4);
            if (damaged[at] >= 0) {
                damaged[at] = (byte) PIECES.charAt(random.nextInt(PIECES.length()));
            }
        }
        return damaged;
    }

    private static boolean assertAgreement(byte[] document) {
        String text = new String(document, UTF_8);
        List<String> jacksons = jackson(document);
        List<String> ours = ours(document);
        assertThat(ours).as(text).isEqualTo(jacksons);
        return ours != null;
    }

    private static @Nullable List<String> ours(byte[] document) {
        try {
            List<String> out = new ArrayList<>();
            flatten(Json.parse(document), out);
            return out;
        } catch (InvalidSpecException e) {
            return null;
        }
    }

    private static void flatten(JsonValue value, List<String> out) {
        if (value instanceof JsonObject object) {
            out.add("{" + place(value.line(), value.column()));
            object.members().values().forEach(member -> {
                out.add(member.name() + place(member.line(), member.column()));
                flatten(member.value(), out);
            });
            out.add("}");
        } else if (value instanceof JsonArray array) {
            out.add("[" + place(value.line(), value.column()));
            array.elements().forEach(element -> flatten(element, out));
            out.add("]");
        } else if (value instanceof JsonString string) {
            out.add(string.value() + place(value.line(), value.column()));
        } else {
            out.add(JsonWriter.compact(value) + place(value.line(), value.column()));
        }
    }

    private static @Nullable List<String> jackson(byte[] document) {
        List<String> out = new ArrayList<>();
        try (JsonParser parser = JACKSON.createParser(ObjectReadContext.empty(), document)) {
            int depth = 0;
            int values = 0;
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                values += depth == 0 ? 1 : 0;
                String text = token == JsonToken.PROPERTY_NAME ? parser.currentName() : parser.getString();
                var at = parser.currentTokenLocation();
                out.add(token.isStructEnd() ? text : text + place(at.getLineNr(), at.getColumnNr()));
            }
            return values == 1 ? out : null;
        } catch (JacksonException malformed) {
            return null;
        }
    }

    private static String place(int line, int column) {
        return " @" + line + ":" + column;
    }
}
