// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Numbers as the kernel writes them, and as it reads them from what is written into a file below {@code /proc/sys}. */
final class KernelNumber {
    /** The kernel copies a number into a buffer of 22 bytes, and takes one that fills it for cut off. */
    private static final int LONGEST = 20;

    private KernelNumber() {}

    /** What stands between blanks. Behind a number fewer characters are blank than before one. */
    static List<String> words(String value) {
        List<String> words = new ArrayList<>();
        int at = 0;
        while (true) {
            while (at < value.length() && isBlankBefore(value.charAt(at))) {
                at++;
            }
            if (at == value.length()) {
                return words;
            }
            int start = at;
            while (at < value.length() && !isBlankBehind(value.charAt(at))) {
                at++;
            }
            words.add(value.substring(start, at));
        }
    }

    /** Why a word is no number within bounds; null if it is one. */
    static @Nullable String outside(String word, long least, long most) {
        @Nullable String malformed = malformed(word);
        if (malformed != null) {
            return malformed;
        }
        long number = saturated(word);
        return number < least || number > most ? quoted(word) + " is not from " + least + " to " + most : null;
    }

    /** Why a word is no number of 64 bits without a sign; null if it is one. */
    static @Nullable String outsideUnsigned(String word) {
        @Nullable String malformed = malformed(word);
        if (malformed != null) {
            return malformed;
        }
        if (word.charAt(0) == '-') {
            return quoted(word) + " is negative";
        }
        try {
            Long.parseUnsignedLong(word.substring(start(word)), radix(word));
            return null;
        } catch (NumberFormatException e) {
            return quoted(word) + " is more than 18446744073709551615";
        }
    }

    /** A value for a message of one line. */
    static String quoted(String value) {
        StringBuilder quoted = new StringBuilder("'");
        int end = value.length();
        while (end > 0 && isBlankBehind(value.charAt(end - 1))) {
            end--;
        }
        int start = 0;
        while (start < end && isBlankBehind(value.charAt(start))) {
            start++;
        }
        for (int i = start; i < end; i++) {
            char c = value.charAt(i);
            if (c < ' ' || c == 0x7f) {
                quoted.append("\\x").append(Integer.toHexString(c >> 4)).append(Integer.toHexString(c & 0xf));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('\'').toString();
    }

    private static @Nullable String malformed(String word) {
        int radix = radix(word);
        int start = start(word);
        boolean number = start < word.length();
        for (int i = start; i < word.length(); i++) {
            char c = word.charAt(i);
            number &= c < 0x80 && Character.digit(c, radix) >= 0; // other scripts have digits too
        }
        if (!number) {
            return quoted(word) + " is not a number";
        }
        return word.length() > LONGEST ? quoted(word) + " has more than " + LONGEST + " characters" : null;
    }

    /** Of a well-formed word; the greatest or least number for one that is beyond. */
    static long saturated(String word) {
        boolean negative = word.charAt(0) == '-';
        try {
            long number = Long.parseLong(word.substring(start(word)), radix(word));
            return negative ? -number : number;
        } catch (NumberFormatException e) {
            return negative ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }

    private static int radix(String word) {
        int sign = word.startsWith("-") ? 1 : 0;
        if (word.length() < sign + 2 || word.charAt(sign) != '0') {
            return 10;
        }
        char mark = word.charAt(sign + 1);
        return mark == 'x' || mark == 'X' ? 16 : 8;
    }

    /** Where the digits begin. */
    private static int start(String word) {
        return (word.startsWith("-") ? 1 : 0) + (radix(word) == 16 ? 2 : 0);
    }

    private static boolean isBlankBefore(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }

    private static boolean isBlankBehind(char c) {
        return c == ' ' || c == '\t' || c == '\n';
    }
}
