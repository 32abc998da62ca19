// SPDX-License-Identifier: Apache-2.0
/** Telling a service manager that a container is ready (sd_notify(3)). */
@NullMarked
package dev.ipcell.runtime.notify;

import org.jspecify.annotations.NullMarked;
