// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;

/**
 * A part of a {@code config.json} that stood in a document of its own: the process of {@code exec}, the resources of
 * {@code update}.
 *
 * @param <T> the record that holds it
 * @param value what it says
 * @param positions where it says it; pointers start at the fragment
 * @param raw the document itself
 * @param warnings what is accepted but deserves a warning
 */
public record Fragment<T>(T value, SourceMap positions, JsonObject raw, List<Problem> warnings) {}
