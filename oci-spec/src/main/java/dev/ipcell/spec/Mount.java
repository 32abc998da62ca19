// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that is mounted in the container (config.md, Mounts).
 *
 * @param destination the path inside; a relative one, which is deprecated, starts at {@code /}
 * @param type the file system type, or null; a dummy for bind mounts
 * @param source the device, a path (for bind mounts absolute or relative to the bundle), a dummy, or null
 * @param options options as for mount(8); unknown ones belong to the file system
 * @param uidMappings how user ids of the source appear; empty if not said
 * @param gidMappings how group ids of the source appear; empty if and only if {@code uidMappings} is
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Mount(
        String destination,
        @Nullable String type,
        @Nullable String source,
        List<String> options,
        List<IdMapping> uidMappings,
        List<IdMapping> gidMappings,
        Map<String, JsonValue> unknown) {
    /** Whether this is a bind mount: one of the options is {@code bind} or {@code rbind}. */
    public boolean isBind() {
        return options.contains("bind") || options.contains("rbind");
    }
}
