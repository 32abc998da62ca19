// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Limits of the memory controller, in bytes; -1 means no limit.
 *
 * @param limit memory
 * @param reservation soft limit
 * @param swap memory and swap together
 * @param kernel kernel memory (not recommended)
 * @param kernelTcp TCP buffers (kernelTCP in JSON, not recommended)
 * @param swappiness 0 to 100
 * @param disableOomKiller whether the OOM killer is off (disableOOMKiller in JSON)
 * @param useHierarchy hierarchical accounting (cgroup v1)
 * @param checkBeforeUpdate whether a limit below the present use is refused
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Memory(
        @Nullable Long limit,
        @Nullable Long reservation,
        @Nullable Long swap,
        @Nullable Long kernel,
        @Nullable Long kernelTcp,
        @Nullable Long swappiness,
        @Nullable Boolean disableOomKiller,
        @Nullable Boolean useHierarchy,
        @Nullable Boolean checkBeforeUpdate,
        Map<String, JsonValue> unknown) {}
