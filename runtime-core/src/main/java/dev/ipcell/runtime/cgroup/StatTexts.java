// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The texts of a cgroup's files by name. Numbers are the bits of a uint64; a missing or strange one is 0, {@code max} the largest. */
final class StatTexts {
    static final long MAX = -1;

    private final Map<String, String> texts;

    StatTexts(Map<String, String> texts) {
        this.texts = texts;
    }

    static long parse(@Nullable String text) {
        String number = text == null ? "" : text.strip();
        if (number.equals("max")) {
            return MAX;
        }
        try {
            return number.startsWith("-") ? Long.parseLong(number) : Long.parseUnsignedLong(number);
        } catch (NumberFormatException strange) {
            return 0;
        }
    }

    boolean has(String file) {
        return texts.containsKey(file);
    }

    long number(String file) {
        return parse(texts.get(file));
    }

    /** The words of a line each. */
    List<String[]> lines(String file) {
        List<String[]> lines = new ArrayList<>();
        String text = texts.get(file);
        if (text != null) {
            for (String line : text.split("\n", -1)) {
                if (!line.isBlank()) {
                    lines.add(line.strip().split(" ", -1));
                }
            }
        }
        return lines;
    }

    /** A file of lines such as {@code nr_periods 12}. */
    Map<String, Long> keyed(String file) {
        Map<String, Long> keyed = new LinkedHashMap<>();
        for (String[] words : lines(file)) {
            if (words.length == 2) {
                keyed.put(words[0], parse(words[1]));
            }
        }
        return keyed;
    }

    static long of(Map<String, Long> keyed, String key) {
        Long value = keyed.get(key);
        return value == null ? 0 : value;
    }
}
