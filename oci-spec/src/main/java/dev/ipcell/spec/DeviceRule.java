// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A rule of the device controller.
 *
 * @param allow whether the devices are allowed or denied
 * @param type the kind of device; {@code ALL} if not said
 * @param major the major number, or null for all (also said as -1)
 * @param minor the minor number, or null for all (also said as -1)
 * @param access a composition of r, w and m; {@code rwm} if not said
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record DeviceRule(
        boolean allow,
        DeviceRuleType type,
        @Nullable Long major,
        @Nullable Long minor,
        String access,
        Map<String, JsonValue> unknown) {}
