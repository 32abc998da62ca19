// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Compares records, component by component, with the JSON they were read from. */
final class SpecDifferences {
    /** Where a record's component cannot have, or does not have, the name of the field. */
    private static final Map<String, String> WIRE = Map.ofEntries(
            Map.entry("execCpuAffinity", "execCPUAffinity"),
            Map.entry("priorityClass", "class"),
            Map.entry("initialCpus", "initial"),
            Map.entry("finalCpus", "final"),
            Map.entry("containerId", "containerID"),
            Map.entry("hostId", "hostID"),
            Map.entry("blockIo", "blockIO"),
            Map.entry("throttleReadIopsDevice", "throttleReadIOPSDevice"),
            Map.entry("throttleWriteIopsDevice", "throttleWriteIOPSDevice"),
            Map.entry("kernelTcp", "kernelTCP"),
            Map.entry("disableOomKiller", "disableOOMKiller"),
            Map.entry("classId", "classID"),
            Map.entry("closId", "closID"));

    private SpecDifferences() {}

    /** Where what was read differs from what is written. */
    static List<String> of(@Nullable Object read, @Nullable JsonValue written, String pointer) {
        List<String> differences = new ArrayList<>();
        compare(read, written, pointer, differences);
        return differences;
    }

    private static void compare(
            @Nullable Object read, @Nullable JsonValue written, String at, List<String> differences) {
        if (read instanceof JsonValue raw) {
            note(raw.equals(written), at, read, written, differences);
        } else if (read instanceof Record record && written instanceof JsonObject object) {
            compareRecord(record, object, at, differences);
        } else if (read instanceof Map<?, ?> map && written instanceof JsonObject object) {
            note(map.keySet().equals(object.members().keySet()), at, read, written, differences);
            map.forEach((name, value) -> compare(value, object.get((String) name), at + "/" + name, differences));
        } else if (read instanceof List<?> list && written instanceof JsonArray array) {
            note(list.size() == array.elements().size(), at, read, written, differences);
            for (int i = 0; i < Math.min(list.size(), array.elements().size()); i++) {
                compare(list.get(i), array.elements().get(i), at + "/" + i, differences);
            }
        } else if (written == null) {
            boolean absent = read == null || (read instanceof List<?> list && list.isEmpty());
            note(absent, at, read, written, differences);
        } else {
            note(asWritten(read, written), at, read, written, differences);
        }
    }

    private static boolean asWritten(@Nullable Object read, JsonValue written) {
        if (read instanceof WireName constant) {
            return JsonString.of(constant.wire()).equals(written);
        }
        if (read instanceof String text) {
            return JsonString.of(text).equals(written);
        }
        if (read instanceof Boolean flag) {
            return JsonBoolean.of(flag).equals(written);
        }
        return read instanceof Number number
                && (JsonNumber.of(number.longValue()).equals(written)
                        || JsonNumber.ofUnsigned(number.longValue()).equals(written));
    }

    private static void compareRecord(Record record, JsonObject object, String at, List<String> differences) {
        Map<String, JsonValue> rest = members(object);
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            Object value;
            try {
                value = component.getAccessor().invoke(record);
            } catch (ReflectiveOperationException e) {
                throw new LinkageError(component.toString(), e);
            }
            if (component.getName().equals("unknown")) {
                ((Map<?, ?>) value)
                        .forEach((name, kept) -> compare(kept, rest.remove(name), at + "/" + name, differences));
            } else {
                String name = WIRE.getOrDefault(component.getName(), component.getName());
                compare(value, rest.remove(name), at + "/" + name, differences);
            }
        }
        rest.forEach((name, value) -> differences.add(at + "/" + name + " is in no record"));
    }

    private static void note(
            boolean same, String at, @Nullable Object read, @Nullable Object written, List<String> differences) {
        if (!same) {
            differences.add(at + ": read " + read + ", written " + written);
        }
    }

    private static Map<String, JsonValue> members(JsonObject object) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        object.members().forEach((name, member) -> members.put(name, member.value()));
        return members;
    }
}
