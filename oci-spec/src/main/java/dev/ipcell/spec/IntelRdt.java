// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Intel Resource Director Technology: cache and memory bandwidth (resctrl).
 *
 * @param closId the class of service (closID in JSON), {@code /} for the default one, or null for the
 *     container's own
 * @param schemata lines for the schemata file
 * @param l3CacheSchema the line for the L3 cache, or null
 * @param memBwSchema the line for memory bandwidth, or null
 * @param enableMonitoring whether the container gets a monitoring group
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record IntelRdt(
        @Nullable String closId,
        List<String> schemata,
        @Nullable String l3CacheSchema,
        @Nullable String memBwSchema,
        boolean enableMonitoring,
        Map<String, JsonValue> unknown) {}
