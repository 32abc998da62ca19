// SPDX-License-Identifier: Apache-2.0
/**
 * Linux as the C library and the kernel offer it: error and signal names in plain Java, and the one place where system
 * calls are made through {@code java.lang.foreign}.
 */
package dev.ipcell.shim.linux;
