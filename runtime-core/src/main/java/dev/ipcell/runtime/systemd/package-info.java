// SPDX-License-Identifier: Apache-2.0
/** What the systemd cgroup driver wants from whoever speaks D-Bus for it. */
package dev.ipcell.runtime.systemd;
