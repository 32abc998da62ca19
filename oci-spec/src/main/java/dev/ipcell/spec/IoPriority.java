// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;

/**
 * The input/output priority of the process group (ioprio_set(2)).
 *
 * @param priorityClass the class (class in JSON)
 * @param priority the level in the class, 0 (first) to 7
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record IoPriority(IoPriorityClass priorityClass, int priority, Map<String, JsonValue> unknown) {}
