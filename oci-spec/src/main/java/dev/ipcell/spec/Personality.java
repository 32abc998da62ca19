// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;

/**
 * The execution domain (personality(2)).
 *
 * @param domain the domain
 * @param flags flags; runtime-spec 1.3 defines none
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Personality(PersonalityDomain domain, List<String> flags, Map<String, JsonValue> unknown) {}
