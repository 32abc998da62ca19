// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;

/**
 * A range of user or group ids (user_namespaces(7)).
 *
 * @param containerId the first id inside (uint32)
 * @param hostId the first id outside (uint32)
 * @param size how many ids, at least 1 (uint32)
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record IdMapping(long containerId, long hostId, long size, Map<String, JsonValue> unknown) {}
