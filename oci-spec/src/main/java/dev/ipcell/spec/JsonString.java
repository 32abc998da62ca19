// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import org.jspecify.annotations.Nullable;

/**
 * A JSON string.
 *
 * @param value the text, unescaped
 * @param line see {@link JsonValue#line()}
 * @param column see {@link JsonValue#column()}
 */
public record JsonString(String value, int line, int column) implements JsonValue {
    /** A string that stands nowhere. */
    public static JsonString of(String value) {
        return new JsonString(value, 0, 0);
    }

    @Override
    public String kind() {
        return "a string";
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof JsonString that && value.equals(that.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }
}
