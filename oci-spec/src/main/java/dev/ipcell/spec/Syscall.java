// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A rule of a system call filter.
 *
 * @param names the system calls; never empty
 * @param action what happens to them
 * @param errnoRet the errno of the action, or null for EPERM
 * @param args conditions on the arguments
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Syscall(
        List<String> names,
        SeccompAction action,
        @Nullable Long errnoRet,
        List<SeccompArg> args,
        Map<String, JsonValue> unknown) {}
