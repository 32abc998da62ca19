// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/**
 * A member of an object: its name, where the name stands, and its value.
 *
 * @param name the member's name, unescaped
 * @param value the member's value
 * @param line the line of the name, counted from 1 (0 if built)
 * @param column the column (in bytes) of the name, counted from 1 (0 if built)
 */
public record JsonMember(String name, JsonValue value, int line, int column) {}
