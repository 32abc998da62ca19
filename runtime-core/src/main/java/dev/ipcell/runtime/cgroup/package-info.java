// SPDX-License-Identifier: Apache-2.0
/** Control groups: where the machine has them, and the operations that make, fill and remove a container's. */
package dev.ipcell.runtime.cgroup;
