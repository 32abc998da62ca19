// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import org.jspecify.annotations.Nullable;

/**
 * A command-line option.
 *
 * @param name the long name, without dashes
 * @param letter the short name, or 0 for none
 * @param value what stands for its value in the help text, or null for an option without a value
 * @param help one line
 */
record Option(String name, char letter, @Nullable String value, String help) {

    /** An option without a value. */
    static Option flag(String name, char letter, String help) {
        return new Option(name, letter, null, help);
    }

    /** An option with a value. */
    static Option valued(String name, char letter, String value, String help) {
        return new Option(name, letter, value, help);
    }

    /** As it is written in the help text, such as {@code -b, --bundle DIR}. */
    String usage() {
        String names = letter == 0 ? "    --" + name : "-" + letter + ", --" + name;
        return value == null ? names : names + " " + value;
    }
}
