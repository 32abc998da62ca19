// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;

/**
 * The size of a terminal in characters.
 *
 * @param height rows, 0 to 65535
 * @param width columns, 0 to 65535
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record ConsoleSize(long height, long width, Map<String, JsonValue> unknown) {}
