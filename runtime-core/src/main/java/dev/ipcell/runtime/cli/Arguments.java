// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The options and operands of a command line, as {@link ArgumentParser} found them. */
final class Arguments {
    private final Map<String, List<String>> values = new HashMap<>();
    private final List<String> rest = new ArrayList<>();

    void put(String name, String value) {
        List<String> all = values.get(name);
        if (all == null) {
            all = new ArrayList<>();
            values.put(name, all);
        }
        all.add(value);
    }

    void operand(String word) {
        rest.add(word);
    }

    /** The words that are no options. */
    List<String> rest() {
        return rest;
    }

    /** All values of an option that may be given more than once, in order. */
    List<String> values(String name) {
        return values.getOrDefault(name, List.of());
    }

    /** An option's value as it was written, the last if it was given more than once, or null if it was not given. */
    @Nullable
    String given(String name) {
        List<String> all = values.get(name);
        return all == null ? null : all.getLast();
    }

    /** The same, or null if the value is empty: callers that have nothing to say write that, and runc takes it so. */
    @Nullable
    String value(String name) {
        String value = given(name);
        return value == null || value.isEmpty() ? null : value;
    }

    /** The same, or another if there is none. */
    String value(String name, String otherwise) {
        String value = value(name);
        return value == null ? otherwise : value;
    }

    /** True if a flag was given, and not as {@code --flag=false}. */
    boolean has(String name) {
        return "true".equals(given(name));
    }
}
