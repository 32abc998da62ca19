// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object; its members keep the order of the document.
 *
 * @param members the members by name, in document order
 * @param line see {@link JsonValue#line()}
 * @param column see {@link JsonValue#column()}
 */
public record JsonObject(Map<String, JsonMember> members, int line, int column) implements JsonValue {
    /** Takes an unmodifiable copy of {@code members}. */
    public JsonObject {
        members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
    }

    /** The value of the member called {@code name}, or null if there is none. */
    public @Nullable JsonValue get(String name) {
        JsonMember member = members.get(name);
        return member == null ? null : member.value();
    }

    @Override
    public String kind() {
        return "an object";
    }

    @Override
    public boolean equals(@Nullable Object other) {
        if (!(other instanceof JsonObject that) || members.size() != that.members.size()) {
            return false;
        }
        for (JsonMember member : members.values()) {
            if (!member.value().equals(that.get(member.name()))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        return members.keySet().hashCode();
    }

    /** Starts a new object. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects members in order. A name that is put twice keeps its place and takes the later value. */
    public static final class Builder {
        private final Map<String, JsonMember> members = new LinkedHashMap<>();

        private Builder() {}

        /** Adds a member. */
        public Builder put(String name, JsonValue value) {
            members.put(name, new JsonMember(name, value, 0, 0));
            return this;
        }

        /** Adds a string. */
        public Builder put(String name, String value) {
            return put(name, JsonString.of(value));
        }

        /** Adds a whole number. */
        public Builder put(String name, long value) {
            return put(name, JsonNumber.of(value));
        }

        /** Adds a truth value. */
        public Builder put(String name, boolean value) {
            return put(name, JsonBoolean.of(value));
        }

        /** Adds an array of strings. */
        public Builder put(String name, List<String> values) {
            return put(name, JsonArray.ofStrings(values));
        }

        /** Adds an object whose members are all strings. */
        public Builder put(String name, Map<String, String> values) {
            Builder inner = builder();
            for (Map.Entry<String, String> entry : values.entrySet()) {
                inner.put(entry.getKey(), entry.getValue());
            }
            return put(name, inner.build());
        }

        /** Adds a string unless it is null. */
        public Builder putIfPresent(String name, @Nullable String value) {
            return value == null ? this : put(name, value);
        }

        /** The object with the members so far. */
        public JsonObject build() {
            return new JsonObject(members, 0, 0);
        }
    }
}
