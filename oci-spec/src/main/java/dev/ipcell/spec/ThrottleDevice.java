// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;

/**
 * A rate limit of one block device.
 *
 * @param major the major number
 * @param minor the minor number
 * @param rate bytes or operations per second (uint64)
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record ThrottleDevice(long major, long minor, long rate, Map<String, JsonValue> unknown) {}
