// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;

/**
 * An offset; both parts are added.
 *
 * @param secs seconds (int64)
 * @param nanosecs nanoseconds, 0 to 999999999
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record TimeOffset(long secs, long nanosecs, Map<String, JsonValue> unknown) {}
