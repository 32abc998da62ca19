// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import org.jspecify.annotations.Nullable;

/**
 * {@code true} or {@code false}.
 *
 * @param value which of the two
 * @param line see {@link JsonValue#line()}
 * @param column see {@link JsonValue#column()}
 */
public record JsonBoolean(boolean value, int line, int column) implements JsonValue {
    /** A truth value that stands nowhere. */
    public static JsonBoolean of(boolean value) {
        return new JsonBoolean(value, 0, 0);
    }

    @Override
    public String kind() {
        return "a boolean";
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof JsonBoolean that && value == that.value;
    }

    @Override
    public int hashCode() {
        return Boolean.hashCode(value);
    }
}
