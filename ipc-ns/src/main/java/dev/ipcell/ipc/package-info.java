// SPDX-License-Identifier: Apache-2.0
/**
 * The Linux IPC namespace (ipc_namespaces(7)): make one, open one, enter it, pin it, and see what is in it.
 *
 * <p>{@link dev.ipcell.ipc.IpcNamespace} is where to begin. {@link dev.ipcell.ipc.IpcSysctls} and
 * {@link dev.ipcell.ipc.IpcErrnoHints} are plain knowledge and make no system call.
 */
package dev.ipcell.ipc;
