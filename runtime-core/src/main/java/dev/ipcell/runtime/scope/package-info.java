// SPDX-License-Identifier: Apache-2.0
/** The systemd cgroup driver: which scope a container is in, and what properties that has. */
package dev.ipcell.runtime.scope;
