// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far the clocks of a new time namespace are from the host's (time_namespaces(7)).
 *
 * @param monotonic for CLOCK_MONOTONIC, or null
 * @param boottime for CLOCK_BOOTTIME, or null
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record TimeOffsets(
        @Nullable TimeOffset monotonic, @Nullable TimeOffset boottime, Map<String, JsonValue> unknown) {}
