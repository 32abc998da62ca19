// SPDX-License-Identifier: Apache-2.0
/**
 * The plan and its way to the executor: {@link dev.ipcell.shim.Op} says what can be done, {@link dev.ipcell.shim.Program} collects
 * it, {@link dev.ipcell.shim.Executor} has it done.
 */
package dev.ipcell.shim;
