// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A device node that must be there inside (config-linux.md, Devices).
 *
 * @param type the kind of node
 * @param path where, absolute
 * @param major the major number; 0 for a FIFO
 * @param minor the minor number; 0 for a FIFO
 * @param fileMode the mode, or null; engines also put the bits of the file type in it
 * @param uid the owner inside (uint32), or null
 * @param gid the group inside (uint32), or null
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Device(
        DeviceType type,
        String path,
        long major,
        long minor,
        @Nullable Long fileMode,
        @Nullable Long uid,
        @Nullable Long gid,
        Map<String, JsonValue> unknown) {}
