// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A command line, taken apart. Long names may have one dash or two (containerd's shim writes {@code -no-subreaper}), a value may
 * follow as its own word or behind {@code =}, short flags may be joined; options end at the first other word or at {@code --}.
 */
final class Arguments {
    private final Map<String, List<String>> values = new HashMap<>();
    private final List<String> rest;

    private Arguments(List<String> rest) {
        this.rest = rest;
    }

    /**
     * Takes words apart.
     *
     * @throws Failure for an unknown option, or one whose value is missing
     */
    static Arguments parse(List<String> words, List<Option> options) throws Failure {
        List<String> rest = new ArrayList<>();
        Arguments arguments = new Arguments(rest);
        int at = 0;
        while (at < words.size()) {
            String word = words.get(at);
            if (word.equals("--")) {
                at++;
                break;
            }
            if (word.length() < 2 || word.charAt(0) != '-') {
                break;
            }
            at = arguments.option(words, at, options);
        }
        rest.addAll(words.subList(at, words.size()));
        return arguments;
    }

    private int option(List<String> words, int at, List<Option> options) throws Failure {
        String word = words.get(at);
        String body = word.startsWith("--") ? word.substring(2) : word.substring(1);
        int equals = body.indexOf('=');
        String name = equals < 0 ? body : body.substring(0, equals);
        Option option = find(options, name);
        if (option == null) {
            if (!word.startsWith("--") && equals < 0 && name.length() > 1) {
                return letters(words, at, name, options);
            }
            throw new Failure("unknown option " + word + "; see ipcell help");
        }
        if (option.value() == null) {
            put(option.name(), equals < 0 ? "true" : body.substring(equals + 1));
            return at + 1;
        }
        if (equals >= 0) {
            put(option.name(), body.substring(equals + 1));
            return at + 1;
        }
        if (at + 1 == words.size()) {
            throw new Failure("flag needs an argument: " + word);
        }
        put(option.name(), words.get(at + 1));
        return at + 2;
    }

    /** {@code -it}: several flags in one word. */
    private int letters(List<String> words, int at, String letters, List<Option> options) throws Failure {
        for (int i = 0; i < letters.length(); i++) {
            Option option = find(options, letters.substring(i, i + 1));
            if (option == null || option.value() != null) {
                throw new Failure("unknown option " + words.get(at) + "; see ipcell help");
            }
            put(option.name(), "true");
        }
        return at + 1;
    }

    private void put(String name, String value) {
        List<String> all = values.get(name);
        if (all == null) {
            all = new ArrayList<>();
            values.put(name, all);
        }
        all.add(value);
    }

    private static @Nullable Option find(List<Option> options, String name) {
        for (Option option : options) {
            if (option.name().equals(name) || (name.length() == 1 && option.letter() == name.charAt(0))) {
                return option;
            }
        }
        return null;
    }

    /** The words after the options. */
    List<String> rest() {
        return rest;
    }

    /** All values of an option that may be given more than once, in order. */
    List<String> values(String name) {
        return values.getOrDefault(name, List.of());
    }

    /** An option's value, the last if it was given more than once, or null if it was not given. */
    @Nullable
    String value(String name) {
        List<String> all = values.get(name);
        return all == null ? null : all.getLast();
    }

    /** An option's value, or another if it was not given. */
    String value(String name, String otherwise) {
        String value = value(name);
        return value == null ? otherwise : value;
    }

    /** True if a flag was given. */
    boolean has(String name) {
        String value = value(name);
        return value != null && !value.equals("false");
    }
}
