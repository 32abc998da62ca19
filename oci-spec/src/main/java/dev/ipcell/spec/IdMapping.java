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
public record IdMapping(long containerId, long hostId, long size, Map<String, JsonValue> unknown) {
    /** Whether both map some id, on either side; the kernel takes no such pair (user_namespaces(7), "User and group ID mappings"). */
    public boolean overlaps(IdMapping other) {
        return overlap(containerId, other.containerId, other.size) || overlap(hostId, other.hostId, other.size);
    }

    private boolean overlap(long first, long otherFirst, long otherSize) {
        return first < otherFirst + otherSize && otherFirst < first + size;
    }
}
