// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** Puts foreign text into a one-line message without letting it break the line or the terminal. */
final class Quoted {
    private static final int LONGEST = 80;

    private Quoted() {}

    /** The text in double quotes, control characters escaped, cut after {@value #LONGEST} characters. */
    static String of(String text) {
        StringBuilder out = new StringBuilder(text.length() + 2);
        out.append('"');
        if (text.length() > LONGEST) {
            appendSafely(out, text.substring(0, LONGEST));
            out.append("...");
        } else {
            appendSafely(out, text);
        }
        return out.append('"').toString();
    }

    /** Appends the text with control characters and unpaired surrogates escaped. */
    static void appendSafely(StringBuilder out, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c) || (Character.isSurrogate(c) && !paired(text, i))) {
                JsonWriter.appendEscape(out, c);
            } else {
                out.append(c);
            }
        }
    }

    /** Whether the surrogate at {@code i} is one half of a proper pair. */
    static boolean paired(String text, int i) {
        if (Character.isHighSurrogate(text.charAt(i))) {
            return i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1));
        }
        return i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }
}
