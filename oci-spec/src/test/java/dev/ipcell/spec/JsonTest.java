// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonTest {
    @Test
    void every_value_knows_its_line_and_column() throws InvalidSpecException {
        JsonObject object = (JsonObject) Json.parse("""
            {
              "a": [1, "two",
                  true]
            }
            """.getBytes(UTF_8));
        JsonArray array = (JsonArray) Objects.requireNonNull(object.get("a"));
        assertThat(array.elements())
                .extracting(v -> v.line() + ":" + v.column())
                .containsExactly("2:9", "2:12", "3:7");
        assertThat(object.members().get("a"))
                .extracting(JsonMember::line, JsonMember::column)
                .containsExactly(2, 3);
        assertThat(object.line()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[1,]",
                "{\"a\":1,}",
                "{\"a\"}",
                "{a:1}",
                "[1 2]",
                "'a'",
                "nul",
                "truee",
                "01",
                "+1",
                "1.",
                ".5",
                "-",
                "1e",
                "\"\t\"",
                "\"\\x\"",
                "\"\\u12\"",
                "\"a",
                "NaN",
                "[1]]",
                "{} {}",
                "// c\n1",
                "1 /* c */",
                "]",
                ","
            })
    void what_is_not_json_is_one_problem_with_a_place(String text) {
        assertThatExceptionOfType(InvalidSpecException.class)
                .isThrownBy(() -> Json.parse(text.getBytes(UTF_8)))
                .satisfies(e -> assertThat(e.problems()).singleElement().satisfies(p -> {
                    assertThat(p.pointer()).isEmpty();
                    assertThat(p.line()).isPositive();
                    assertThat(p.column()).isPositive();
                    assertThat(p.render()).startsWith("invalid JSON: ").doesNotContain("\n", "Source", "REDACTED");
                }));
    }

    @Test
    void a_broken_document_is_reported_at_the_broken_place() {
        assertThat(problem("{\n  \"a\": 1,\n  \"b\" 2\n}"))
                .isEqualTo("invalid JSON: expected ':', not '2' [line 3, column 7]");
        assertThat(problem("{\n  \"a\": [1, 2\n"))
                .isEqualTo("invalid JSON: expected ',' or ']' for what starts on line 2, not the end of the document"
                        + " [line 3, column 1]");
        assertThat(problem("{\"a\": 1,}"))
                .isEqualTo("invalid JSON: expected a name in double quotes, not '}' [line 1, column 9]");
        assertThat(problem("[1, ]")).isEqualTo("invalid JSON: expected a value, not ']' [line 1, column 5]");
        assertThat(problem("[nul]")).isEqualTo("invalid JSON: expected null, not ']' [line 1, column 5]");
        assertThat(problem("[01]")).isEqualTo("invalid JSON: a number must not start with 0 [line 1, column 3]");
        assertThat(problem("[1.]")).isEqualTo("invalid JSON: expected a digit, not ']' [line 1, column 4]");
        assertThat(problem("\ufeff{}")).isEqualTo("invalid JSON: expected a value, not byte 0xef [line 1, column 1]");
        assertThat(problem("[\"a\tb\"]"))
                .isEqualTo("invalid JSON: control character 0x9 in a string, it must be escaped [line 1, column 4]");
        assertThat(problem("[\"\\u12g4\"]"))
                .isEqualTo("invalid JSON: expected four hexadecimal digits, not 'g' [line 1, column 7]");
        assertThat(problem("[\"\\x\"]"))
                .isEqualTo("invalid JSON: expected an escape such as \\n or \\u0041, not 'x' [line 1, column 4]");
        assertThat(problem("[\"a")).isEqualTo("invalid JSON: the document ends within a string [line 1, column 4]");
        assertThat(problem(" \n ")).isEqualTo("invalid JSON: the document is empty [line 2, column 2]");
    }

    @Test
    void a_name_that_stands_twice_in_an_object_is_refused() {
        assertThat(problem("{\"a\":1,\n \"b\":{\"a\":1},\n \"a\":2}"))
                .isEqualTo("invalid JSON: duplicate name \"a\", first on line 1 [line 3, column 2]");
    }

    @Test
    void text_after_the_document_is_refused() {
        assertThat(problem("{}\n {}"))
                .isEqualTo("invalid JSON: something follows the end of the document [line 2, column 2]");
    }

    @Test
    void two_hundred_levels_are_read_and_one_more_is_refused() throws InvalidSpecException {
        Json.parse(("[".repeat(200) + "]".repeat(200)).getBytes(UTF_8));
        assertThat(problem("[".repeat(201) + "]".repeat(201)))
                .isEqualTo("invalid JSON: nested deeper than 200 levels [line 1, column 201]");
        assertThat(problem("[".repeat(1_000_000)))
                .isEqualTo("invalid JSON: nested deeper than 200 levels [line 1, column 201]");
    }

    @Test
    void a_document_above_eight_mebibytes_is_refused() throws InvalidSpecException {
        String largest = "[" + " ".repeat(Json.MAX_BYTES - 2) + "]";
        Json.parse(largest.getBytes(UTF_8));
        assertThat(problem(largest + " ")).isEqualTo("document is larger than 8 MiB");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ff",
                "80",
                "c0af",
                "c1bf",
                "c3",
                "c328",
                "e08080",
                "e09fbf",
                "eda080",
                "edbfbf",
                "e282",
                "f0808080",
                "f08fbfbf",
                "f4908080",
                "f5808080",
                "f8888080",
                "f09f98"
            })
    void invalid_utf8_is_refused(String hex) {
        byte[] bytes = HexFormat.of().parseHex("5b2261" + hex + "225d");
        assertThatExceptionOfType(InvalidSpecException.class)
                .isThrownBy(() -> Json.parse(bytes))
                .withMessage("invalid JSON: a string must be valid UTF-8 [line 1, column 4]");
    }

    @Test
    void every_character_that_utf8_can_say_is_read() throws InvalidSpecException {
        for (int point = 0x80; point <= Character.MAX_CODE_POINT; point += point < 0x1000 ? 1 : 61) {
            if (point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE) {
                String text = Character.toString(point);
                assertThat(Json.parse(("\"" + text + "\"").getBytes(UTF_8))).isEqualTo(JsonString.of(text));
            }
        }
    }

    @Test
    void escapes_are_undone() throws InvalidSpecException {
        String json = "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\uD83D\\uDE00\"";
        assertThat(Json.parse(json.getBytes(UTF_8))).isEqualTo(JsonString.of("\"\\/\b\f\n\r\tä😀"));
    }

    @Test
    void what_is_written_is_read_back_the_same() throws InvalidSpecException {
        JsonObject object = JsonObject.builder()
                .put("text", "a\"b\\c\u0001\n\t\r\b\f/ä€😀\u007f")
                .put("number", Long.MIN_VALUE)
                .put("unsigned", JsonNumber.ofUnsigned(-1))
                .put("flag", true)
                .put("none", new JsonNull(0, 0))
                .put("list", List.of("x", "y"))
                .put("map", Map.of("k", "v"))
                .put("empty", JsonArray.of(List.of()))
                .put("hollow", JsonObject.builder().build())
                .build();
        assertThat(Json.parse(JsonWriter.compact(object).getBytes(UTF_8))).isEqualTo(object);
        assertThat(Json.parse(JsonWriter.pretty(object).getBytes(UTF_8))).isEqualTo(object);
    }

    @Test
    void pretty_text_is_indented_by_four_spaces() {
        JsonObject object = JsonObject.builder()
                .put("a", List.of("x", "y"))
                .put("b", Map.of())
                .put("c", 1)
                .build();
        assertThat(JsonWriter.pretty(object)).isEqualTo("""
            {
                "a": [
                    "x",
                    "y"
                ],
                "b": {},
                "c": 1
            }\
            """);
        assertThat(JsonWriter.compact(object)).isEqualTo("{\"a\":[\"x\",\"y\"],\"b\":{},\"c\":1}");
    }

    @Test
    void half_a_surrogate_pair_is_written_as_an_escape() {
        assertThat(JsonWriter.compact(JsonString.of("a\ud800b"))).isEqualTo("\"a\\ud800b\"");
    }

    private static String problem(String text) {
        try {
            return "read as " + Json.parse(text.getBytes(UTF_8)).kind();
        } catch (InvalidSpecException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
