// SPDX-License-Identifier: Apache-2.0
/** The launcher: compiles a bundle's configuration into the plan that starts the container. */
package dev.ipcell.runtime.launch;
