// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;

/**
 * A condition on one argument of a system call.
 *
 * @param index which argument, 0 to 5
 * @param value the value to compare with, or the mask (uint64)
 * @param valueTwo the value for {@code MASKED_EQUAL} (uint64)
 * @param op how to compare
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record SeccompArg(int index, long value, long valueTwo, SeccompOperator op, Map<String, JsonValue> unknown) {}
