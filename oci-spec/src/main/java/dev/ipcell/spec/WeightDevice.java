// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The weight of one block device; at least one of the two is there.
 *
 * @param major the major number
 * @param minor the minor number
 * @param weight the weight (uint16)
 * @param leafWeight the weight against child cgroups (uint16)
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record WeightDevice(
        long major,
        long minor,
        @Nullable Integer weight,
        @Nullable Integer leafWeight,
        Map<String, JsonValue> unknown) {}
