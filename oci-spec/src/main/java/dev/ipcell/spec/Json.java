// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/**
 * Reads JSON (RFC 8259) into a tree with positions. Stricter than most readers: a name may stand only once in an
 * object, nothing may follow the document, the text is UTF-8, and size and depth are bounded, because it comes from
 * outside.
 */
public final class Json {
    /** The largest document that is read, in bytes: 8 MiB. */
    public static final int MAX_BYTES = 8 * 1024 * 1024;

    /** How deep objects and arrays may be nested. */
    public static final int MAX_DEPTH = 200;

    /** How many values a document may hold, so that its tree takes no more memory than a few times its text. */
    public static final int MAX_VALUES = 100_000;

    private Json() {}

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
        return new JsonParser(bytes).document();
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
}
