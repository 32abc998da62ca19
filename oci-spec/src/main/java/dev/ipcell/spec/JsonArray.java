// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A JSON array.
 *
 * @param elements the elements in order
 * @param line see {@link JsonValue#line()}
 * @param column see {@link JsonValue#column()}
 */
public record JsonArray(List<JsonValue> elements, int line, int column) implements JsonValue {
    /** Takes an unmodifiable copy of {@code elements}. */
    public JsonArray {
        elements = List.copyOf(elements);
    }

    /** An array of these values. */
    public static JsonArray of(List<? extends JsonValue> elements) {
        return new JsonArray(List.copyOf(elements), 0, 0);
    }

    /** An array of these strings. */
    public static JsonArray ofStrings(List<String> strings) {
        List<JsonValue> elements = new ArrayList<>(strings.size());
        for (String string : strings) {
            elements.add(JsonString.of(string));
        }
        return new JsonArray(elements, 0, 0);
    }

    @Override
    public String kind() {
        return "an array";
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof JsonArray that && elements.equals(that.elements);
    }

    @Override
    public int hashCode() {
        return elements.hashCode();
    }
}
