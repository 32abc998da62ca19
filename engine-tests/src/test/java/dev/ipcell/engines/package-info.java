// SPDX-License-Identifier: Apache-2.0
/** Container engines with the built ipcell as their runtime, and with runc where that shows that a test is right. */
@NullMarked
package dev.ipcell.engines;

import org.jspecify.annotations.NullMarked;
