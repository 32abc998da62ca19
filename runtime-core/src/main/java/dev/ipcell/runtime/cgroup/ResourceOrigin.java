// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.spec.Problem;
import dev.ipcell.spec.SourceMap;
import java.util.Map;

/**
 * Where the resources are written down: {@code linux.resources} of a configuration, or a document of their own.
 *
 * @param document what people call it: {@code config.json}, {@code --resources}
 * @param pointer the JSON pointer of the resources in it; empty if they are the whole document
 * @param positions lines and columns in it
 * @param options by the pointer of a limit, the option that it came from; empty if the document was written by the caller
 */
public record ResourceOrigin(String document, String pointer, SourceMap positions, Map<String, String> options) {
    /** A document that the caller wrote. */
    public ResourceOrigin(String document, String pointer, SourceMap positions) {
        this(document, pointer, positions, Map.of());
    }

    /** The origin of an operation. */
    String label(String below) {
        String full = pointer + below;
        String option = options.get(full);
        if (option != null) {
            return option;
        }
        return full.isEmpty() ? document : document + " " + full;
    }

    Problem problem(String below, String message) {
        return positions.problem(pointer + below, message);
    }
}
