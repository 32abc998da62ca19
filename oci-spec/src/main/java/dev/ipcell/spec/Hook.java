// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A program to run; it gets the container's state on its standard input.
 *
 * @param path the program, absolute
 * @param args its arguments, the name first; may be empty
 * @param env its environment
 * @param timeout seconds after which it is aborted, at least 1, or null for no limit
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Hook(
        String path,
        List<String> args,
        List<String> env,
        @Nullable Long timeout,
        Map<String, JsonValue> unknown) {}
