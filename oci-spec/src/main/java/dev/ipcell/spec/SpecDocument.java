// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;

/**
 * A {@code config.json} that was read and found valid.
 *
 * @param spec what it says
 * @param positions where it says it
 * @param raw the document itself, with every field that runtime-spec does not know
 * @param warnings what is accepted but deserves a warning, such as an unknown capability
 */
public record SpecDocument(Spec spec, SourceMap positions, JsonObject raw, List<Problem> warnings) {}
