// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import org.jspecify.annotations.Nullable;

/** Turns single JSON values into Java ones. Whatever does not fit becomes a problem and null. */
final class Values {
    static final long UINT32_MAX = 0xffff_ffffL;

    private final Problems problems;

    Values(Problems problems) {
        this.problems = problems;
    }

    Problems problems() {
        return problems;
    }

    @Nullable
    String string(JsonValue value, String pointer) {
        if (!(value instanceof JsonString string)) {
            mismatch(value, pointer, "a string");
            return null;
        }
        String text = string.value();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0) {
                problems.error(pointer, value, "must not contain a NUL character");
                return null;
            }
            if (Character.isSurrogate(c) && !Quoted.paired(text, i)) {
                problems.error(pointer, value, "must not contain half a surrogate pair");
                return null;
            }
        }
        return text;
    }

    @Nullable
    Boolean flag(JsonValue value, String pointer) {
        if (value instanceof JsonBoolean bool) {
            return bool.value();
        }
        mismatch(value, pointer, "a boolean");
        return null;
    }

    /** A whole number between two bounds. */
    @Nullable
    Long integer(JsonValue value, String pointer, long min, long max) {
        if (!(value instanceof JsonNumber number)) {
            mismatch(value, pointer, "an integer");
            return null;
        }
        Long read = number.toInt64();
        if (read == null || read < min || read > max) {
            return misfit(number, pointer, Long.toString(min), Long.toString(max));
        }
        return read;
    }

    /** A whole number without sign; beyond 2^63-1 the result is negative, see {@link Long#toUnsignedString}. */
    @Nullable
    Long uint64(JsonValue value, String pointer) {
        if (!(value instanceof JsonNumber number)) {
            mismatch(value, pointer, "an integer");
            return null;
        }
        Long read = number.toUint64();
        return read == null ? misfit(number, pointer, "0", "18446744073709551615") : read;
    }

    <E extends WireName> @Nullable E choice(JsonValue value, String pointer, String noun, E[] known) {
        String wire = string(value, pointer);
        if (wire == null) {
            return null;
        }
        for (E constant : known) {
            if (constant.wire().equals(wire)) {
                return constant;
            }
        }
        problems.error(pointer, value, unknown(noun, wire, known));
        return null;
    }

    static String unknown(String noun, String wire, WireName[] known) {
        StringBuilder out =
                new StringBuilder("unknown ").append(noun).append(' ').append(Quoted.of(wire));
        String before = " (known: ";
        for (WireName constant : known) {
            out.append(before).append(constant.wire());
            before = ", ";
        }
        return out.append(')').toString();
    }

    @Nullable
    ObjectReader object(JsonValue value, String pointer) {
        if (value instanceof JsonObject object) {
            return new ObjectReader(this, object, pointer);
        }
        mismatch(value, pointer, "an object");
        return null;
    }

    /** Notes that the value is not {@code wanted}. */
    void mismatch(JsonValue value, String pointer, String wanted) {
        problems.error(pointer, value, "must be " + wanted + ", not " + value.kind());
    }

    private @Nullable Long misfit(JsonNumber number, String pointer, String min, String max) {
        StringBuilder message = new StringBuilder("must be an integer");
        if (number.isInteger()) {
            message.append(" within ").append(min).append("..").append(max);
        }
        String text = number.text();
        message.append(", not ").append(text.length() > 40 ? text.substring(0, 40) + "..." : text);
        problems.error(pointer, number, message.toString());
        return null;
    }
}
