// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;

/** Writes a {@link JsonValue} as text: on one line, or indented for people. Escapes no more than RFC 8259 asks for. */
public final class JsonWriter {
    private static final String HEX = "0123456789abcdef";

    private final StringBuilder out = new StringBuilder();
    private final int indent;

    private JsonWriter(int indent) {
        this.indent = indent;
    }

    /** The value on one line, without spaces and without a newline at the end. */
    public static String compact(JsonValue value) {
        return write(value, 0);
    }

    /** The value indented by four spaces, without a newline at the end. */
    public static String pretty(JsonValue value) {
        return write(value, 4);
    }

    private static String write(JsonValue value, int indent) {
        JsonWriter writer = new JsonWriter(indent);
        writer.value(value, 0);
        return writer.out.toString();
    }

    @SuppressWarnings("IfChainToSwitch") // a switch over types is bootstrapped at run time, which a cold start feels
    private void value(JsonValue value, int depth) {
        if (value instanceof JsonObject object) {
            object(object, depth);
        } else if (value instanceof JsonArray array) {
            array(array.elements(), depth);
        } else if (value instanceof JsonString string) {
            string(string.value());
        } else if (value instanceof JsonNumber number) {
            out.append(number.text());
        } else if (value instanceof JsonBoolean bool) {
            out.append(bool.value());
        } else {
            out.append("null");
        }
    }

    private void object(JsonObject object, int depth) {
        if (object.members().isEmpty()) {
            out.append("{}");
            return;
        }
        char before = '{';
        for (JsonMember member : object.members().values()) {
            out.append(before);
            newLine(depth + 1);
            string(member.name());
            out.append(indent > 0 ? ": " : ":");
            value(member.value(), depth + 1);
            before = ',';
        }
        newLine(depth);
        out.append('}');
    }

    private void array(List<JsonValue> elements, int depth) {
        if (elements.isEmpty()) {
            out.append("[]");
            return;
        }
        char before = '[';
        for (JsonValue element : elements) {
            out.append(before);
            newLine(depth + 1);
            value(element, depth + 1);
            before = ',';
        }
        newLine(depth);
        out.append(']');
    }

    private void newLine(int depth) {
        if (indent > 0) {
            out.append('\n');
            for (int i = depth * indent; i > 0; i--) {
                out.append(' ');
            }
        }
    }

    private void string(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || (Character.isSurrogate(c) && !Quoted.paired(text, i))) {
                appendEscape(out, c); // half a surrogate pair has no UTF-8 form, its escape keeps the document valid
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    /** Appends the JSON escape of a character that must not stand for itself. */
    static void appendEscape(StringBuilder out, char c) {
        switch (c) {
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            case '\b' -> out.append("\\b");
            case '\f' -> out.append("\\f");
            default -> {
                out.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    out.append(HEX.charAt(c >> shift & 0xf));
                }
            }
        }
    }
}
