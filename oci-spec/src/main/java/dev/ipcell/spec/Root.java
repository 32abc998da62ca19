// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;

/**
 * The container's root file system (config.md, Root).
 *
 * @param path the directory, absolute or relative to the bundle; never empty
 * @param readonly whether it is mounted read-only
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Root(String path, boolean readonly, Map<String, JsonValue> unknown) {}
