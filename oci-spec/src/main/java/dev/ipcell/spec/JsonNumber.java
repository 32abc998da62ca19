// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import org.jspecify.annotations.Nullable;

/**
 * A JSON number, kept as it is written, so that no precision is lost.
 *
 * @param text the number as JSON writes it
 * @param line see {@link JsonValue#line()}
 * @param column see {@link JsonValue#column()}
 */
public record JsonNumber(String text, int line, int column) implements JsonValue {
    /** The number {@code value}. */
    public static JsonNumber of(long value) {
        return new JsonNumber(Long.toString(value), 0, 0);
    }

    /** The number whose 64 bits, read without a sign, are {@code value}. */
    public static JsonNumber ofUnsigned(long value) {
        return new JsonNumber(Long.toUnsignedString(value), 0, 0);
    }

    /** Whether the number is written without fraction and exponent. */
    public boolean isInteger() {
        return text.indexOf('.') < 0 && text.indexOf('e') < 0 && text.indexOf('E') < 0;
    }

    /** The number as int64, or null if it is no integer or does not fit. */
    public @Nullable Long toInt64() {
        try {
            return isInteger() ? Long.valueOf(text) : null;
        } catch (NumberFormatException outOfRange) {
            return null;
        }
    }

    /** The number as the bits of a uint64, or null if it is no integer, negative or too large. */
    public @Nullable Long toUint64() {
        try {
            return isInteger() ? Long.parseUnsignedLong(text) : null;
        } catch (NumberFormatException outOfRange) {
            return null;
        }
    }

    @Override
    public String kind() {
        return "a number";
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof JsonNumber that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }
}
