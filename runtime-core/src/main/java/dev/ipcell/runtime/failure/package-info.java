// SPDX-License-Identifier: Apache-2.0
/** Failures as people and engines read them: one line, what, where, which system call, why, and a hint. */
package dev.ipcell.runtime.failure;
