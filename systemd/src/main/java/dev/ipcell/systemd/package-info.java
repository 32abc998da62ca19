// SPDX-License-Identifier: Apache-2.0
/** The manager's side of the systemd cgroup driver, by D-Bus. */
package dev.ipcell.systemd;
