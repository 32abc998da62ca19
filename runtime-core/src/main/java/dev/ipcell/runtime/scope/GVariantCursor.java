// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.scope;

/** A place in a text of GLib's format for values, and what can be taken from there on without knowing what it means. */
final class GVariantCursor {
    private static final String QUOTES = "'\"";

    private final String text;
    private int at;

    GVariantCursor(String text) {
        this.text = text;
    }

    boolean isAtEnd() {
        return at == text.length();
    }

    /** The next character, which stays; not to be asked at the end. */
    char peek() {
        return text.charAt(at);
    }

    boolean isAt(char c) {
        return at < text.length() && text.charAt(at) == c;
    }

    boolean isAtQuote() {
        return isQuote(at);
    }

    /** A letter b right before a quote. */
    boolean isAtBytes() {
        return isAt('b') && isQuote(at + 1);
    }

    private boolean isQuote(int index) {
        return index < text.length() && QUOTES.indexOf(text.charAt(index)) >= 0;
    }

    /** Goes on by one character. */
    void skip() {
        at++;
    }

    void space() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    /** Takes as many of these characters as there are. */
    String takeAmong(String characters) {
        int start = at;
        while (at < text.length() && characters.indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return text.substring(start, at);
    }

    /** Takes as many letters, digits and these characters as there are. */
    String takeWord(String characters) {
        int start = at;
        while (at < text.length()
                && (Character.isLetterOrDigit(text.charAt(at)) || characters.indexOf(text.charAt(at)) >= 0)) {
            at++;
        }
        return text.substring(start, at);
    }

    /** Takes a text from quote to quote. */
    String takeQuoted() {
        char quote = text.charAt(at++);
        StringBuilder value = new StringBuilder();
        while (at < text.length() && text.charAt(at) != quote) {
            char c = text.charAt(at++);
            value.append(c == '\\' ? takeEscaped() : String.valueOf(c));
        }
        if (isAtEnd()) {
            throw wrong("has a text without an end");
        }
        at++;
        return value.toString();
    }

    private String takeEscaped() {
        if (isAtEnd()) {
            throw wrong("ends in a backslash");
        }
        char c = text.charAt(at++);
        int digits = c == 'u' ? 4 : c == 'U' ? 8 : 0;
        if (digits > 0) {
            try {
                int point = Integer.parseInt(text, at, at + digits, 16);
                at += digits;
                return Character.toString(point);
            } catch (IllegalArgumentException | IndexOutOfBoundsException bad) {
                throw wrong("has a \\" + c + " without " + digits + " digits of a character");
            }
        }
        int known = "abfnrtv".indexOf(c);
        return known < 0 ? String.valueOf(c) : "\u0007\b\f\n\r\t\u000b".substring(known, known + 1);
    }

    /** True behind the closing bracket; else it stands before the next element. */
    boolean closes(char bracket, boolean first) {
        space();
        if (isAt(bracket)) {
            at++;
            return true;
        }
        if (first) {
            return false;
        }
        if (!isAt(',')) {
            throw wrong("lacks a comma or " + bracket);
        }
        at++;
        space();
        // A tuple of one has a comma behind it.
        boolean closes = isAt(bracket);
        at += closes ? 1 : 0;
        return closes;
    }

    /** What begins with these characters, which were taken last. */
    String restWith(String taken) {
        return text.substring(at - taken.length());
    }

    IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException("\"" + text + "\" " + what
                + "; the value has to be written such as uint64 5, true, 'text' or ['a', 'b']");
    }
}
