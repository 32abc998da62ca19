// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/**
 * One value of a JSON document, immutable, with the place where it starts.
 *
 * <p>Lines and columns count from 1; columns count bytes. A value that was built rather than read is at 0:0. Two values
 * are equal when they say the same, wherever they stand.
 */
public sealed interface JsonValue permits JsonObject, JsonArray, JsonString, JsonNumber, JsonBoolean, JsonNull {
    /** The line of the value's first character, counted from 1; 0 for a value that was not read from a document. */
    int line();

    /** The column (in bytes) of the value's first character, counted from 1; 0 for a value that was not read. */
    int column();

    /** What kind of value this is, with its article, for messages: {@code "a string"}, {@code "an object"}, ... */
    String kind();
}
