// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the members of one object and remembers which were asked for; the others are the object's unknown fields.
 *
 * <p>Nothing here throws: a member that is missing or does not fit becomes a problem, and the reader returns a
 * placeholder (null, zero, an empty list) that nobody sees, since a document with problems is not handed out.
 *
 * <p>A member that is null counts as absent, and so does an optional string that is empty: engines written in Go, and
 * the other runtimes, make no difference there.
 */
final class ObjectReader {
    private final Values values;
    private final JsonObject object;
    private final String pointer;
    private final List<String> asked = new ArrayList<>();

    ObjectReader(Values values, JsonObject object, String pointer) {
        this.values = values;
        this.object = object;
        this.pointer = pointer;
    }

    /** The JSON pointer of this object. */
    String pointer() {
        return pointer;
    }

    Problems problems() {
        return values.problems();
    }

    @Nullable
    String string(String name) {
        JsonValue value = find(name);
        String read = value == null ? null : values.string(value, at(name));
        return read == null || read.isEmpty() ? null : read;
    }

    String requiredString(String name) {
        JsonValue value = require(name);
        String read = value == null ? null : values.string(value, at(name));
        return read == null ? "" : read;
    }

    /** A truth value; absent means false. */
    boolean flag(String name) {
        Boolean read = optionalFlag(name);
        return read != null && read;
    }

    @Nullable
    Boolean optionalFlag(String name) {
        JsonValue value = find(name);
        return value == null ? null : values.flag(value, at(name));
    }

    boolean requiredFlag(String name) {
        JsonValue value = require(name);
        Boolean read = value == null ? null : values.flag(value, at(name));
        return read != null && read;
    }

    @Nullable
    Long integer(String name, long min, long max) {
        JsonValue value = find(name);
        return value == null ? null : values.integer(value, at(name), min, max);
    }

    long requiredInteger(String name, long min, long max) {
        JsonValue value = require(name);
        Long read = value == null ? null : values.integer(value, at(name), min, max);
        return read == null ? 0 : read;
    }

    @Nullable
    Long int64(String name) {
        return integer(name, Long.MIN_VALUE, Long.MAX_VALUE);
    }

    /** An int32; absent means 0. */
    int int32(String name) {
        Long read = integer(name, Integer.MIN_VALUE, Integer.MAX_VALUE);
        return read == null ? 0 : read.intValue();
    }

    @Nullable
    Long uint32(String name) {
        return integer(name, 0, Values.UINT32_MAX);
    }

    long requiredUint32(String name) {
        return requiredInteger(name, 0, Values.UINT32_MAX);
    }

    @Nullable
    Integer uint16(String name) {
        Long read = integer(name, 0, 0xffff);
        return read == null ? null : (Integer) read.intValue();
    }

    /** The bits of an unsigned number. */
    @Nullable
    Long uint64(String name) {
        JsonValue value = find(name);
        return value == null ? null : values.uint64(value, at(name));
    }

    /** The bits of an unsigned number; absent means 0. */
    long uint64OrZero(String name) {
        Long read = uint64(name);
        return read == null ? 0 : read;
    }

    long requiredUint64(String name) {
        JsonValue value = require(name);
        Long read = value == null ? null : values.uint64(value, at(name));
        return read == null ? 0 : read;
    }

    <E extends WireName> @Nullable E choice(String name, String noun, E[] known) {
        JsonValue value = find(name);
        if (value == null
                || (value instanceof JsonString string && string.value().isEmpty())) {
            return null;
        }
        return values.choice(value, at(name), noun, known);
    }

    <E extends WireName> E requiredChoice(String name, String noun, E[] known) {
        JsonValue value = require(name);
        E read = value == null ? null : values.choice(value, at(name), noun, known);
        return read == null ? known[0] : read;
    }

    <E extends WireName> List<E> choices(String name, String noun, E[] known) {
        List<E> read = new ArrayList<>();
        List<JsonValue> elements = elements(name);
        for (int i = 0; i < elements.size(); i++) {
            E element = values.choice(elements.get(i), JsonPointer.child(at(name), i), noun, known);
            if (element != null) {
                read.add(element);
            }
        }
        return List.copyOf(read);
    }

    /** The same where an empty array means something else than none. */
    <E extends WireName> @Nullable List<E> choicesOrNull(String name, String noun, E[] known) {
        List<E> read = choices(name, noun, known);
        return read.isEmpty() && !(object.get(name) instanceof JsonArray) ? null : read;
    }

    List<String> strings(String name) {
        List<JsonValue> elements = elements(name);
        if (elements.isEmpty()) {
            return List.of();
        }
        String array = at(name);
        List<String> read = new ArrayList<>(elements.size());
        for (int i = 0; i < elements.size(); i++) {
            String element = values.string(elements.get(i), JsonPointer.child(array, i));
            if (element != null) {
                read.add(element);
            }
        }
        return List.copyOf(read);
    }

    List<Long> uint32s(String name) {
        List<JsonValue> elements = elements(name);
        List<Long> read = new ArrayList<>(elements.size());
        for (int i = 0; i < elements.size(); i++) {
            Long element = values.integer(elements.get(i), JsonPointer.child(at(name), i), 0, Values.UINT32_MAX);
            if (element != null) {
                read.add(element);
            }
        }
        return List.copyOf(read);
    }

    Map<String, String> stringMap(String name) {
        ObjectReader map = object(name);
        if (map == null) {
            return Map.of();
        }
        Map<String, String> read = new LinkedHashMap<>();
        for (JsonMember member : map.object.members().values()) {
            String value = values.string(member.value(), map.at(member.name()));
            if (value != null) {
                read.put(member.name(), value);
            }
        }
        return Collections.unmodifiableMap(read);
    }

    @Nullable
    ObjectReader object(String name) {
        JsonValue value = find(name);
        return value == null ? null : values.object(value, at(name));
    }

    /** A reader for a required object. If there is none, one for an empty object whose own complaints are dropped. */
    ObjectReader requiredObject(String name) {
        JsonValue value = require(name);
        ObjectReader read = value == null ? null : values.object(value, at(name));
        if (read != null) {
            return read;
        }
        Values deaf = new Values(new Problems(problems().positions()));
        return new ObjectReader(deaf, JsonObject.builder().build(), at(name));
    }

    /** One reader for each element of an array of objects. */
    List<ObjectReader> objects(String name) {
        List<JsonValue> elements = elements(name);
        if (elements.isEmpty()) {
            return List.of();
        }
        String array = at(name);
        List<ObjectReader> read = new ArrayList<>(elements.size());
        for (int i = 0; i < elements.size(); i++) {
            ObjectReader element = values.object(elements.get(i), JsonPointer.child(array, i));
            if (element != null) {
                read.add(element);
            }
        }
        return read;
    }

    /** One reader for each member of an object that serves as a map to objects. */
    Map<String, ObjectReader> objectMap(String name) {
        ObjectReader map = object(name);
        if (map == null) {
            return Map.of();
        }
        Map<String, ObjectReader> read = new LinkedHashMap<>();
        for (JsonMember member : map.object.members().values()) {
            ObjectReader value = values.object(member.value(), map.at(member.name()));
            if (value != null) {
                read.put(member.name(), value);
            }
        }
        return read;
    }

    /** An object that is kept as it is. */
    @Nullable
    JsonObject raw(String name) {
        ObjectReader read = object(name);
        return read == null ? null : read.object;
    }

    /** The members nobody has asked for so far, so this comes last. */
    Map<String, JsonValue> unknown() {
        if (asked.size() == object.members().size()) {
            return Map.of();
        }
        Map<String, JsonValue> unknown = new LinkedHashMap<>();
        for (JsonMember member : object.members().values()) {
            if (!asked.contains(member.name())) {
                unknown.put(member.name(), member.value());
            }
        }
        return Collections.unmodifiableMap(unknown);
    }

    private List<JsonValue> elements(String name) {
        JsonValue value = find(name);
        if (value == null) {
            return List.of();
        }
        if (value instanceof JsonArray array) {
            return array.elements();
        }
        values.mismatch(value, at(name), "an array");
        return List.of();
    }

    /** The member's value, or null if it is absent or null. */
    private @Nullable JsonValue find(String name) {
        JsonValue value = object.get(name);
        if (value != null) {
            asked.add(name);
        }
        return value instanceof JsonNull ? null : value;
    }

    private @Nullable JsonValue require(String name) {
        JsonValue value = find(name);
        if (value == null) {
            JsonValue present = object.get(name);
            problems().error(at(name), present == null ? object : present, "required field is missing");
        }
        return value;
    }

    private String at(String name) {
        return JsonPointer.child(pointer, name);
    }
}
