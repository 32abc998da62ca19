// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lists of processors such as {@code 0-3,7} for a process that {@code exec} adds.
 *
 * @param initialCpus where it runs before it enters the container's cgroup (initial in JSON), or null
 * @param finalCpus where it runs afterwards (final in JSON), or null
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record CpuAffinity(
        @Nullable String initialCpus, @Nullable String finalCpus, Map<String, JsonValue> unknown) {}
