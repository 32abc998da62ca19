// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who a process runs as; ids are those inside the container (config.md, POSIX-platform User).
 *
 * @param uid the user id (uint32)
 * @param gid the group id (uint32)
 * @param umask the file mode creation mask, at most 0777, or null to leave it
 * @param additionalGids supplementary group ids (uint32)
 * @param username the user name on Windows; without meaning on Linux
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record User(
        long uid,
        long gid,
        @Nullable Long umask,
        List<Long> additionalGids,
        @Nullable String username,
        Map<String, JsonValue> unknown) {}
