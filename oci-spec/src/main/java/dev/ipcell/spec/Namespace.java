// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A namespace of the container.
 *
 * @param type which kind
 * @param path the namespace to join, absolute; null for a new one
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Namespace(NamespaceType type, @Nullable String path, Map<String, JsonValue> unknown) {}
