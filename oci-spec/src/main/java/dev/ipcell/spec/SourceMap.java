// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the place of a value in the document it was read from, for errors that are noticed after reading. */
public final class SourceMap {
    private final JsonValue root;

    /** The places of everything in {@code root}. */
    public SourceMap(JsonValue root) {
        this.root = root;
    }

    /** A problem with the value at {@code pointer}, with its line and column filled in. */
    public Problem problem(String pointer, String message) {
        JsonValue at = nearest(pointer);
        return new Problem(pointer, at.line(), at.column(), message);
    }

    /**
     * The value at a JSON pointer (RFC 6901) or, where the document has none (a default, a missing field), the nearest
     * value around it.
     */
    public JsonValue nearest(String pointer) {
        JsonValue at = root;
        for (String step : JsonPointer.steps(pointer)) {
            JsonValue next = at instanceof JsonObject object
                    ? object.get(step)
                    : at instanceof JsonArray array ? element(array.elements(), step) : null;
            if (next == null) {
                return at;
            }
            at = next;
        }
        return at;
    }

    private static @Nullable JsonValue element(List<JsonValue> elements, String step) {
        try {
            int index = Integer.parseInt(step);
            return index >= 0 && index < elements.size() ? elements.get(index) : null;
        } catch (NumberFormatException noIndex) {
            return null;
        }
    }
}
