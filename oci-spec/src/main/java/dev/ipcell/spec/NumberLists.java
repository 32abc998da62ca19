// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import org.jspecify.annotations.Nullable;

/** Checks lists of processors or memory nodes, such as {@code 0-3,7} (cpuset(7), "List format"). */
final class NumberLists {
    /** No kernel is built for more. */
    private static final int LARGEST = 8191;

    private NumberLists() {}

    static void check(@Nullable String list, String what, String pointer, Problems problems) {
        if (list == null) {
            return;
        }
        for (String part : list.split(",", -1)) {
            if (!isRange(part.strip())) {
                problems.error(pointer, "must be a list of " + what + " such as 0-3,7, not " + Quoted.of(list));
                return;
            }
        }
    }

    /** How many there are in a list without fault. */
    static int count(String list) {
        int count = 0;
        for (String part : list.split(",", -1)) {
            String range = part.strip();
            int dash = range.indexOf('-');
            int first = number(dash < 0 ? range : range.substring(0, dash));
            count += dash < 0 ? 1 : number(range.substring(dash + 1)) - first + 1;
        }
        return count;
    }

    private static boolean isRange(String text) {
        int dash = text.indexOf('-');
        int first = number(dash < 0 ? text : text.substring(0, dash));
        int last = dash < 0 ? first : number(text.substring(dash + 1));
        return first >= 0 && last >= first;
    }

    private static int number(String text) {
        int number = text.isEmpty() ? -1 : 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9 || number > LARGEST) {
                return -1;
            }
            number = 10 * number + digit;
        }
        return number > LARGEST ? -1 : number;
    }
}
