// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.Slot;
import dev.ipcell.spec.SpecDocument;

/**
 * A bundle as it was read: a directory with {@code config.json} and usually the root file system (runtime-spec, bundle.md).
 *
 * @param directory its absolute path
 * @param slot its descriptor in the executor
 * @param document the configuration
 * @param config the same as it stands in the file
 */
record Bundle(String directory, Slot slot, SpecDocument document, byte[] config) {}
