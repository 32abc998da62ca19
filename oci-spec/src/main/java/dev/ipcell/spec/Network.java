// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the net_cls and net_prio controllers set.
 *
 * @param classId the class identifier (uint32, classID in JSON), or null
 * @param priorities priorities by interface
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Network(@Nullable Long classId, List<InterfacePriority> priorities, Map<String, JsonValue> unknown) {}
