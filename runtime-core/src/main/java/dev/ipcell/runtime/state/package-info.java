// SPDX-License-Identifier: Apache-2.0
/** What is kept of a container on disk, and how its status is found out. */
package dev.ipcell.runtime.state;
