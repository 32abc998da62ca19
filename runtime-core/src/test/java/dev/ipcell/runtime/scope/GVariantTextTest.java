// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.scope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** GLib's text format for typed values. */
class GVariantTextTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "true | b | true",
                "boolean false | b | false",
                "5 | i | 5",
                "-5 | i | -5",
                "0x1f | i | 31",
                "017 | i | 15",
                "byte 255 | y | 255",
                "int16 -32768 | n | -32768",
                "uint16 65535 | q | 65535",
                "uint32 4294967295 | u | 4294967295",
                "int64 -9223372036854775808 | x | -9223372036854775808",
                "uint64 18446744073709551615 | t | -1",
                "uint64 123456789 | t | 123456789",
                "@t 5 | t | 5",
                "1.5 | d | 1.5",
                "double 2 | d | 2.0",
                "1e3 | d | 1000.0",
                "'inactive-or-failed' | s | inactive-or-failed",
                "\"it's\" | s | it's",
                "'a\\'b\\u0041\\n' | s | ` a'bA`",
                "objectpath '/a' | o | /a",
                "signature 'as' | g | as",
                "['a', 'b'] | as | [a, b]",
                "[uint32 1, 2] | au | [1, 2]",
                "@as [] | as | []",
                "@a(ss) [('/dev/null', 'rw')] | a(ss) | [[/dev/null, rw]]",
                "('a', true, [byte 1]) | (sbay) | [a, true, [1]]",
                "[('a', uint64 1), ('b', 2)] | a(st) | [[a, 1], [b, 2]]",
                "b'hi' | ay | [104, 105, 0]",
            })
    void a_value_has_its_type(String text, String signature, String value) {
        GVariantText.Typed typed = GVariantText.read(text);
        assertThat(typed.signature()).isEqualTo(signature);
        assertThat(typed.value().toString().strip()).isEqualTo(value.strip());
    }

    @Test
    void values_are_of_few_classes() {
        assertThat(GVariantText.read("(true, 'a', 1, 1.0, [2])").value())
                .isEqualTo(List.of(true, "a", 1L, 1.0, List.of(2L)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "yes",
                "inactive",
                "'open",
                "'a' 'b'",
                "5x",
                "1-2",
                "2147483648",
                "byte 256",
                "byte -1",
                "uint64 18446744073709551616",
                "boolean 1",
                "uint64 'a'",
                "uint64 1.5",
                "string 5",
                "[]",
                "[1, 'a']",
                "['a'",
                "['a' 'b']",
                "()",
                "@ 5",
                "@a 5",
                "@(t 5",
                "@t 'a'",
                "@(ss) ('a', 5)",
                "@(s) ('a', 'b')",
                "{'a': 1}",
                "<5>",
                "just 5",
                "'\\u12'",
                "[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]",
            })
    void what_is_none_is_refused_with_the_text(String text) {
        assertThatThrownBy(() -> GVariantText.read(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("\"" + text + "\" ");
    }
}
