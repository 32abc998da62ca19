// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The NUMA memory policy (set_mempolicy(2)).
 *
 * @param mode the policy
 * @param nodes memory nodes such as {@code 0-3,7}, or null
 * @param flags flags
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record MemoryPolicy(
        MemoryPolicyMode mode, @Nullable String nodes, List<MemoryPolicyFlag> flags, Map<String, JsonValue> unknown) {}
