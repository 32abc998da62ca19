// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The limit of the pids controller.
 *
 * @param limit how many tasks; -1 means no limit, 0 is a limit; null if not said
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Pids(@Nullable Long limit, Map<String, JsonValue> unknown) {}
