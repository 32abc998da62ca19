// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A recursive-descent parser for RFC 8259.
 *
 * <p>Its own, since a JSON library costs a cold start more than all the rest of reading a configuration; a test holds
 * it against one.
 */
final class JsonParser {
    private final JsonText in;
    private final JsonStringParser strings;
    private int depth;
    private int values;

    JsonParser(byte[] bytes) {
        this.in = new JsonText(bytes);
        this.strings = new JsonStringParser(in);
    }

    JsonValue document() throws InvalidSpecException {
        if (in.skipSpace() == JsonText.END) {
            throw in.wrong("the document is empty");
        }
        JsonValue value = value();
        if (in.skipSpace() != JsonText.END) {
            throw in.wrong("something follows the end of the document");
        }
        return value;
    }

    /** The value that starts at the next byte. */
    private JsonValue value() throws InvalidSpecException {
        if (++values > Json.MAX_VALUES) {
            throw in.wrong("more than " + Json.MAX_VALUES + " values");
        }
        int line = in.line();
        int column = in.column();
        return switch (in.peek()) {
            case '{' -> object(line, column);
            case '[' -> array(line, column);
            case '"' -> new JsonString(strings.string(), line, column);
            case 't' -> {
                literal("true");
                yield new JsonBoolean(true, line, column);
            }
            case 'f' -> {
                literal("false");
                yield new JsonBoolean(false, line, column);
            }
            case 'n' -> {
                literal("null");
                yield new JsonNull(line, column);
            }
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> new JsonNumber(number(), line, column);
            default -> throw in.unexpected("a value");
        };
    }

    private JsonObject object(int line, int column) throws InvalidSpecException {
        descend();
        Map<String, JsonMember> members = new LinkedHashMap<>();
        if (in.skipSpace() == '}') {
            in.take();
        } else {
            do {
                in.skipSpace();
                member(members);
                in.skipSpace();
            } while (in.accept(','));
            close('}', line);
        }
        depth--;
        return new JsonObject(members, line, column);
    }

    private void member(Map<String, JsonMember> members) throws InvalidSpecException {
        int line = in.line();
        int column = in.column();
        if (in.peek() != '"') {
            throw in.unexpected("a name in double quotes");
        }
        String name = strings.string();
        in.skipSpace();
        if (!in.accept(':')) {
            throw in.unexpected("':'");
        }
        in.skipSpace();
        JsonMember before = members.put(name, new JsonMember(name, value(), line, column));
        if (before != null) {
            throw JsonText.wrong(
                    line, column, "duplicate name " + Quoted.of(name) + ", first on line " + before.line());
        }
    }

    private JsonArray array(int line, int column) throws InvalidSpecException {
        descend();
        List<JsonValue> elements = new ArrayList<>();
        if (in.skipSpace() == ']') {
            in.take();
        } else {
            do {
                in.skipSpace();
                elements.add(value());
                in.skipSpace();
            } while (in.accept(','));
            close(']', line);
        }
        depth--;
        return new JsonArray(elements, line, column);
    }

    private void descend() throws InvalidSpecException {
        if (++depth > Json.MAX_DEPTH) {
            throw in.wrong("nested deeper than " + Json.MAX_DEPTH + " levels");
        }
        in.take();
    }

    private void close(char bracket, int openedOn) throws InvalidSpecException {
        if (!in.accept(bracket)) {
            throw in.unexpected("',' or '" + bracket + "' for what starts on line " + openedOn);
        }
    }

    private void literal(String word) throws InvalidSpecException {
        for (int i = 0; i < word.length(); i++) {
            if (!in.accept(word.charAt(i))) {
                throw in.unexpected(word);
            }
        }
    }

    private String number() throws InvalidSpecException {
        int start = in.offset();
        in.accept('-');
        if (in.accept('0')) {
            if (isDigit(in.peek())) {
                throw in.wrong("a number must not start with 0");
            }
        } else {
            digits();
        }
        if (in.accept('.')) {
            digits();
        }
        if (in.accept('e') || in.accept('E')) {
            if (!in.accept('-')) {
                in.accept('+');
            }
            digits();
        }
        return in.ascii(start);
    }

    private void digits() throws InvalidSpecException {
        if (!isDigit(in.peek())) {
            throw in.unexpected("a digit");
        }
        while (isDigit(in.peek())) {
            in.take();
        }
    }

    private static boolean isDigit(int b) {
        return b >= '0' && b <= '9';
    }
}
