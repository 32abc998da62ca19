// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A system call filter (config-linux.md, Seccomp).
 *
 * @param defaultAction what happens to a call that no rule matches
 * @param defaultErrnoRet the errno of the default action, or null for EPERM
 * @param architectures architectures besides the native one
 * @param flags flags for installing the filter; null if there is no such field, which is not the same as an empty array
 * @param listenerPath the socket that gets the notification descriptor, or null
 * @param listenerMetadata passed on to the listener, or null
 * @param syscalls the rules
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Seccomp(
        SeccompAction defaultAction,
        @Nullable Long defaultErrnoRet,
        List<SeccompArch> architectures,
        @Nullable List<SeccompFlag> flags,
        @Nullable String listenerPath,
        @Nullable String listenerMetadata,
        List<Syscall> syscalls,
        Map<String, JsonValue> unknown) {}
