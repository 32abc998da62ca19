// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;

/**
 * The five capability sets of a process (capabilities(7)). Names that Linux does not know are left out, with a warning.
 *
 * @param bounding what can be gained at all
 * @param effective what the kernel checks
 * @param inheritable what is kept across execve(2) of a file with the same capability
 * @param permitted what may be made effective
 * @param ambient what is kept across execve(2) of any file
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Capabilities(
        List<Capability> bounding,
        List<Capability> effective,
        List<Capability> inheritable,
        List<Capability> permitted,
        List<Capability> ambient,
        Map<String, JsonValue> unknown) {}
