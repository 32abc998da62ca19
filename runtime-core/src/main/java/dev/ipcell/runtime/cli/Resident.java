// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.launch.PlannerMemory;

/** The resident planner, as the commands see it that are about it. */
public interface Resident {
    /** Its process ID. */
    long pid();

    /** What it remembers of other calls. */
    PlannerMemory memory();

    /** How it is, in lines for a person. */
    String status();
}
