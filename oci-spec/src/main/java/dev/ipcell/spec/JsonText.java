// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** The bytes of a JSON document and how far they are read. Keeps count of lines and knows how to complain. */
final class JsonText {
    /** What {@link #peek} returns at the end. */
    static final int END = -1;

    private final byte[] bytes;
    private int at;
    private int line = 1;
    private int lineStart;

    JsonText(byte[] bytes) {
        this.bytes = bytes;
    }

    /** The next byte (0 to 255) without taking it, or {@link #END}. */
    int peek() {
        return at < bytes.length ? bytes[at] & 0xff : END;
    }

    /** Takes the next byte (0 to 255), or {@link #END}. */
    int take() {
        return at < bytes.length ? bytes[at++] & 0xff : END;
    }

    /** Takes the next byte if it is {@code wanted}. */
    boolean accept(char wanted) {
        if (peek() == wanted) {
            at++;
            return true;
        }
        return false;
    }

    /** Passes over white space and returns the byte after it without taking it. */
    int skipSpace() {
        while (at < bytes.length) {
            byte b = bytes[at];
            if (b == '\n') {
                line++;
                lineStart = at + 1;
            } else if (b != ' ' && b != '\t' && b != '\r') {
                return b & 0xff;
            }
            at++;
        }
        return END;
    }

    int offset() {
        return at;
    }

    int line() {
        return line;
    }

    /** The column of the next byte, counted from 1. */
    int column() {
        return at - lineStart + 1;
    }

    /** The bytes from an earlier offset up to here, all of them ASCII. */
    @SuppressWarnings("deprecation") // the one constructor that needs no charset and no validation, right for ASCII
    String ascii(int from) {
        return new String(bytes, 0, from, at - from);
    }

    /** The text is wrong at the next byte. */
    InvalidSpecException unexpected(String expected) {
        return wrong("expected " + expected + ", not " + describe(peek()));
    }

    /** The text is wrong at the next byte. */
    InvalidSpecException wrong(String message) {
        return wrong(line, column(), message);
    }

    /** The text is wrong at a place. */
    static InvalidSpecException wrong(int line, int column, String message) {
        return new InvalidSpecException(new Problem("", line, column, "invalid JSON: " + message));
    }

    private static String describe(int b) {
        if (b == END) {
            return "the end of the document";
        }
        if (b > ' ' && b < 0x7f) {
            return "'" + (char) b + "'";
        }
        return "byte 0x" + Integer.toHexString(b);
    }
}
