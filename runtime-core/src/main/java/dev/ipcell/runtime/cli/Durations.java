// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;

/** Durations as engines write them, such as {@code 5s}, {@code 500ms}, {@code 1m30s}. */
final class Durations {
    private Durations() {}

    /** The duration in milliseconds, rounded up. */
    static long millis(String option, String text) throws Failure {
        double total = 0;
        int at = 0;
        while (at < text.length()) {
            int unit = at;
            while (unit < text.length() && (Character.isDigit(text.charAt(unit)) || text.charAt(unit) == '.')) {
                unit++;
            }
            int end = unit;
            while (end < text.length() && Character.isLetter(text.charAt(end))) {
                end++;
            }
            double factor = factor(text.substring(unit, end));
            if (unit == at || factor <= 0) {
                throw wrong(option, text);
            }
            try {
                total += Double.parseDouble(text.substring(at, unit)) * factor;
            } catch (NumberFormatException severalPoints) {
                throw wrong(option, text);
            }
            at = end;
        }
        if (total <= 0) {
            throw wrong(option, text);
        }
        return (long) Math.ceil(total);
    }

    private static double factor(String unit) {
        return switch (unit) {
            case "ns" -> 1e-6;
            case "us", "\u00b5s", "\u03bcs" -> 1e-3;
            case "ms" -> 1;
            case "s" -> 1000;
            case "m" -> 60_000;
            case "h" -> 3_600_000;
            default -> 0;
        };
    }

    private static Failure wrong(String option, String text) {
        return new Failure(option + " must be a duration greater than 0, such as 5s or 500ms, not \"" + text + "\"");
    }
}
