// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.spec.Problem;
import dev.ipcell.spec.SourceMap;

/**
 * Where the resources are written down: {@code linux.resources} of a configuration, or a document of their own.
 *
 * @param document what people call it: {@code config.json}, {@code --resources}
 * @param pointer the JSON pointer of the resources in it; empty if they are the whole document
 * @param positions lines and columns in it
 */
public record ResourceOrigin(String document, String pointer, SourceMap positions) {

    /** The origin of an operation. */
    String label(String below) {
        String full = pointer + below;
        return full.isEmpty() ? document : document + " " + full;
    }

    Problem problem(String below, String message) {
        return positions.problem(pointer + below, message);
    }
}
