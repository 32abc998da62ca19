// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.Slot;

/**
 * What a bind mount shows, opened once.
 *
 * @param slot its descriptor in the executor
 * @param isDirectory whether the destination, if it has to be made, is a directory or a file
 */
record BindSource(Slot slot, boolean isDirectory) {}
