// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;

/**
 * A resource limit (setrlimit(2)).
 *
 * @param type which limit
 * @param soft the value enforced; uint64, all bits set means no limit
 * @param hard the ceiling of the soft value; uint64, all bits set means no limit
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Rlimit(RlimitType type, long soft, long hard, Map<String, JsonValue> unknown) {}
