// SPDX-License-Identifier: Apache-2.0
/** The resident planner: a JVM that stays, and answers call after call over a Unix socket. */
@NullMarked
package dev.ipcell.runtime.planner;

import org.jspecify.annotations.NullMarked;
