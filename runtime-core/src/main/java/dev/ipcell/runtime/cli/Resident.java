// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.launch.DocumentCache;

/** The resident planner, as the commands see it that are about it. */
public interface Resident {
    /** Its process ID. */
    long pid();

    /** The configurations that it has read before. */
    DocumentCache documents();

    /** How it is, in lines for a person. */
    String status();
}
