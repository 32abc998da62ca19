// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;

/**
 * Programs to run at points of the container's life, each list in order (config.md, POSIX-platform Hooks).
 *
 * @param prestart deprecated: at create, before {@code createRuntime}, in the runtime's namespaces
 * @param createRuntime at create, before pivot_root, in the runtime's namespaces
 * @param createContainer at create, before pivot_root, in the container's namespaces
 * @param startContainer at start, before the process is executed, in the container's namespaces
 * @param poststart after the process is executed, in the runtime's namespaces
 * @param poststop after the container is deleted, in the runtime's namespaces
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Hooks(
        List<Hook> prestart,
        List<Hook> createRuntime,
        List<Hook> createContainer,
        List<Hook> startContainer,
        List<Hook> poststart,
        List<Hook> poststop,
        Map<String, JsonValue> unknown) {}
