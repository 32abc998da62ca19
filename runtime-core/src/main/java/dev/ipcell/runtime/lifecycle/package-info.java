// SPDX-License-Identifier: Apache-2.0
/** What is done with a container that is there: start, kill, pause, delete. */
package dev.ipcell.runtime.lifecycle;
