// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.state;

import org.jspecify.annotations.Nullable;

/**
 * Where a container is in resctrl, the kernel's file system for cache and memory bandwidth.
 *
 * @param directory of its class of service
 * @param monitoring directory of its own monitoring group, or null
 * @param isOwn whether the class was made for this container, and goes with it
 */
public record RdtGroup(String directory, @Nullable String monitoring, boolean isOwn) {
    /** The file of a class or monitoring group that a process's number is written to. */
    public static final String TASKS = "/tasks";

    /** The file of a class that holds what its tasks may use. */
    public static final String SCHEMATA = "/schemata";
}
