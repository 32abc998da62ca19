// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.spec.JsonArray;
import dev.ipcell.spec.JsonNumber;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonValue;
import java.util.ArrayList;
import java.util.List;

/** Builds an object of statistics: numbers are unsigned, and many are left out when they are 0, as readers expect of them. */
final class StatsObject {
    private final JsonObject.Builder builder = JsonObject.builder();

    StatsObject number(String name, long value) {
        builder.put(name, JsonNumber.ofUnsigned(value));
        return this;
    }

    StatsObject numberUnlessZero(String name, long value) {
        return value == 0 ? this : number(name, value);
    }

    StatsObject numbersUnlessEmpty(String name, List<Long> values) {
        List<JsonValue> numbers = new ArrayList<>(values.size());
        for (Long value : values) {
            numbers.add(JsonNumber.ofUnsigned(value));
        }
        return numbers.isEmpty() ? this : put(name, JsonArray.of(numbers));
    }

    StatsObject put(String name, JsonValue value) {
        builder.put(name, value);
        return this;
    }

    /** Adds pressure stall information, if the kernel has it (Documentation/accounting/psi.rst). */
    StatsObject pressure(StatTexts texts, String file) {
        StatsObject pressure = new StatsObject();
        boolean any = false;
        for (String[] words : texts.lines(file)) {
            if (words[0].equals("some") || words[0].equals("full")) {
                any = true;
                pressure.put(words[0], stall(words));
            }
        }
        return any ? put("psi", pressure.build()) : this;
    }

    JsonObject build() {
        return builder.build();
    }

    private static JsonObject stall(String[] words) {
        StatsObject stall = new StatsObject();
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            if (equals > 0) {
                stall.put(
                        words[i].substring(0, equals), new JsonNumber(shortest(words[i].substring(equals + 1)), 0, 0));
            }
        }
        return stall.build();
    }

    /** The kernel writes {@code 0.50}; as a JSON number that is 0.5. */
    private static String shortest(String decimal) {
        if (!isDecimal(decimal)) {
            return "0";
        }
        int end = decimal.length();
        if (decimal.indexOf('.') >= 0) {
            while (decimal.charAt(end - 1) == '0') {
                end--;
            }
            if (decimal.charAt(end - 1) == '.') {
                end--;
            }
        }
        return decimal.substring(0, end);
    }

    private static boolean isDecimal(String text) {
        int dots = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean inner = i > 0 && i < text.length() - 1;
            if (c == '.' && inner) {
                dots++;
            } else if (c < '0' || c > '9') {
                return false;
            }
        }
        return !text.isEmpty() && dots <= 1 && !(text.length() > 1 && text.charAt(0) == '0' && text.charAt(1) != '.');
    }
}
