// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** The strings of a JSON document: escapes, and UTF-8 in its only valid form (RFC 3629). */
final class JsonStringParser {
    private final JsonText in;

    JsonStringParser(JsonText in) {
        this.in = in;
    }

    /** Takes a string, from quote to quote. */
    String string() throws InvalidSpecException {
        in.take();
        int start = in.offset();
        int next = in.peek();
        while (next >= ' ' && next < 0x80 && next != '"' && next != '\\') {
            in.take();
            next = in.peek();
        }
        String plain = in.ascii(start);
        if (in.accept('"')) {
            return plain; // nearly every string of a configuration ends here
        }
        StringBuilder out = new StringBuilder(plain);
        while (!in.accept('"')) {
            character(out);
        }
        return out.toString();
    }

    private void character(StringBuilder out) throws InvalidSpecException {
        int b = in.peek();
        if (b == JsonText.END) {
            throw in.wrong("the document ends within a string");
        }
        if (b < ' ') {
            throw in.wrong("control character 0x" + Integer.toHexString(b) + " in a string, it must be escaped");
        }
        if (b == '\\') {
            in.take();
            escape(out);
        } else if (b < 0x80) {
            out.append((char) in.take());
        } else {
            out.appendCodePoint(multibyte(b));
        }
    }

    private void escape(StringBuilder out) throws InvalidSpecException {
        int letter = in.peek();
        switch (letter) {
            case '"', '\\', '/' -> out.append((char) letter);
            case 'b' -> out.append('\b');
            case 'f' -> out.append('\f');
            case 'n' -> out.append('\n');
            case 'r' -> out.append('\r');
            case 't' -> out.append('\t');
            case 'u' -> {
                in.take();
                out.append(hex());
                return;
            }
            default -> throw in.unexpected("an escape such as \\n or \\u0041");
        }
        in.take();
    }

    private char hex() throws InvalidSpecException {
        int unit = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(in.peek(), 16);
            if (digit < 0 || in.peek() >= 0x80) {
                throw in.unexpected("four hexadecimal digits");
            }
            in.take();
            unit = unit << 4 | digit;
        }
        return (char) unit;
    }

    /** Takes a character of two to four bytes that starts with {@code lead}. */
    private int multibyte(int lead) throws InvalidSpecException {
        int line = in.line();
        int column = in.column();
        int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        in.take();
        int point = lead & 0x3f >> more; // the payload of the lead byte
        for (int i = 0; i < more; i++) {
            if ((in.peek() & 0xc0) != 0x80) {
                throw notUtf8(line, column);
            }
            point = (point << 6) | (in.take() & 0x3f);
        }
        boolean overlong = point < (more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80);
        boolean surrogate = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
        if (lead < 0xc0 || lead > 0xf7 || overlong || surrogate || point > Character.MAX_CODE_POINT) {
            throw notUtf8(line, column);
        }
        return point;
    }

    private static InvalidSpecException notUtf8(int line, int column) {
        return JsonText.wrong(line, column, "a string must be valid UTF-8");
    }
}
