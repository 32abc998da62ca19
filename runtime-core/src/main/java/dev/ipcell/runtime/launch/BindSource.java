// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.Slot;
import org.jspecify.annotations.Nullable;

/**
 * What a bind mount shows, opened once.
 *
 * @param slot its descriptor in the executor
 * @param isDirectory whether the destination, if it has to be made, is a directory or a file
 * @param flags of the mount that it is on, {@code ST_*} of statfs(2)
 * @param late a path inside the container's root, if an earlier mount puts there what is to be shown: nothing is open yet then, and the
 *     rest is not known
 */
record BindSource(
        Slot slot, boolean isDirectory, int flags, @Nullable String late) {}
