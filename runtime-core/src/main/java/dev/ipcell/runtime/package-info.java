// SPDX-License-Identifier: Apache-2.0
/** The planner: what the executor's JVM runs, and what a Java program that embeds ipcell calls. */
package dev.ipcell.runtime;
