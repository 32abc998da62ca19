// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * RDMA limits of one device; at least one of the two is there.
 *
 * @param hcaHandles handles (uint32)
 * @param hcaObjects objects (uint32)
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Rdma(@Nullable Long hcaHandles, @Nullable Long hcaObjects, Map<String, JsonValue> unknown) {}
