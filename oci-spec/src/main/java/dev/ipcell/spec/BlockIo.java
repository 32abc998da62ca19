// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Limits of the blkio (cgroup v1) or io (cgroup v2) controller.
 *
 * @param weight the weight (uint16)
 * @param leafWeight the weight against child cgroups (uint16)
 * @param weightDevice weights by device
 * @param throttleReadBpsDevice bytes read per second
 * @param throttleWriteBpsDevice bytes written per second
 * @param throttleReadIopsDevice reads per second (throttleReadIOPSDevice in JSON)
 * @param throttleWriteIopsDevice writes per second (throttleWriteIOPSDevice in JSON)
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record BlockIo(
        @Nullable Integer weight,
        @Nullable Integer leafWeight,
        List<WeightDevice> weightDevice,
        List<ThrottleDevice> throttleReadBpsDevice,
        List<ThrottleDevice> throttleWriteBpsDevice,
        List<ThrottleDevice> throttleReadIopsDevice,
        List<ThrottleDevice> throttleWriteIopsDevice,
        Map<String, JsonValue> unknown) {}
