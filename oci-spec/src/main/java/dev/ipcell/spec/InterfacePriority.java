// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;

/**
 * The priority of traffic on one interface.
 *
 * @param name the interface in the runtime's network namespace
 * @param priority the priority (uint32)
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record InterfacePriority(String name, long priority, Map<String, JsonValue> unknown) {}
