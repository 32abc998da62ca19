package dev.ipcell.spec;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads JSON (RFC 8259) into a tree with positions. Stricter than most readers: a name may stand only once in an
 * object, nothing may follow the document, and size and depth are bounded, because the text comes from outside.
 */
public final class Json {
    /** The largest document that is read, in bytes: 8 MiB. */
    public static final int MAX_BYTES = 8 * 1024 * 1024;

    /** How deep objects and arrays may be nested. */
    public static final int MAX_DEPTH = 200;

    private final JsonParser in;
    private int depth;

    private Json(JsonParser in) {
        this.in = in;
    }

    /**
     * Reads one document.
     *
     * @throws InvalidSpecException if the bytes are not one JSON document within the limits; it has one problem, with
     *     line and column and an empty pointer
     */
    public static JsonValue parse(byte[] bytes) throws InvalidSpecException {
        if (bytes.length > MAX_BYTES) {
            throw new InvalidSpecException(new Problem("", 0, 0, "document is larger than 8 MiB"));
        }
        JsonFactory factory = JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH + 1) // this class counts for itself; it has the better message
                        .maxNumberLength(MAX_BYTES)
                        .maxNameLength(MAX_BYTES)
                        .build())
                .build();
        try (JsonParser parser = factory.createParser(ObjectReadContext.empty(), bytes)) {
            return new Json(parser).document();
        } catch (JacksonException malformed) {
            throw fail(malformed.getLocation(), message(malformed));
        }
    }

    /**
     * Reads one document that must be an object.
     *
     * @throws InvalidSpecException as {@link #parse}, and if the document is something else
     */
    public static JsonObject parseObject(byte[] bytes) throws InvalidSpecException {
        JsonValue value = parse(bytes);
        if (value instanceof JsonObject object) {
            return object;
        }
        throw new InvalidSpecException(
                new Problem("", value.line(), value.column(), "the document must be an object, not " + value.kind()));
    }

    private JsonValue document() throws InvalidSpecException {
        JsonToken first = in.nextToken();
        if (first == null) {
            throw fail(in.currentLocation(), "the document is empty");
        }
        JsonValue value = value(first);
        if (in.nextToken() != null) {
            throw fail(in.currentTokenLocation(), "something follows the end of the document");
        }
        return value;
    }

    private JsonValue value(JsonToken token) throws InvalidSpecException {
        TokenStreamLocation at = in.currentTokenLocation();
        int line = at.getLineNr();
        int column = at.getColumnNr();
        return switch (token) {
            case START_OBJECT -> object(line, column);
            case START_ARRAY -> array(line, column);
            case VALUE_STRING -> new JsonString(in.getString(), line, column);
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new JsonNumber(in.getString(), line, column);
            case VALUE_TRUE -> new JsonBoolean(true, line, column);
            case VALUE_FALSE -> new JsonBoolean(false, line, column);
            case VALUE_NULL -> new JsonNull(line, column);
            default -> throw fail(at, "a value was expected");
        };
    }

    private JsonObject object(int line, int column) throws InvalidSpecException {
        descend();
        Map<String, JsonMember> members = new LinkedHashMap<>();
        while (in.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = in.currentName();
            TokenStreamLocation at = in.currentTokenLocation();
            int nameLine = at.getLineNr();
            int nameColumn = at.getColumnNr();
            JsonMember member = new JsonMember(name, value(in.nextToken()), nameLine, nameColumn);
            JsonMember before = members.put(name, member);
            if (before != null) {
                throw fail(at, "duplicate name " + Quoted.of(name) + ", first on line " + before.line());
            }
        }
        depth--;
        return new JsonObject(members, line, column);
    }

    private JsonArray array(int line, int column) throws InvalidSpecException {
        descend();
        List<JsonValue> elements = new ArrayList<>();
        for (JsonToken token = in.nextToken(); token != JsonToken.END_ARRAY; token = in.nextToken()) {
            elements.add(value(token));
        }
        depth--;
        return new JsonArray(elements, line, column);
    }

    private void descend() throws InvalidSpecException {
        if (++depth > MAX_DEPTH) {
            throw fail(in.currentTokenLocation(), "nested deeper than " + MAX_DEPTH + " levels");
        }
    }

    private static InvalidSpecException fail(TokenStreamLocation at, String message) {
        return new InvalidSpecException(new Problem(
                "", Math.max(1, at.getLineNr()), Math.max(1, at.getColumnNr()), "invalid JSON: " + message));
    }

    /** Jackson's own words without its source description, as one line that starts in lower case. */
    private static String message(JacksonException malformed) {
        String text = malformed.getOriginalMessage();
        int end = text.indexOf('\n');
        String line = end < 0 ? text : text.substring(0, end);
        return line.substring(0, 1).toLowerCase(Locale.ROOT) + line.substring(1);
    }
}
