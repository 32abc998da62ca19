// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.launch.PlannerMemory;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.PlanFailedException;

/** The resident planner, as the commands see it that are about it. */
public interface Resident {
    /** Its process ID. */
    long pid();

    /** What it remembers of other calls. */
    PlannerMemory memory();

    /**
     * Has a caller's executor do what spares later calls work; for this call it is as if it had not.
     *
     * @throws PlanFailedException if it is asked to end meanwhile
     */
    void prepare(Executor executor) throws PlanFailedException;

    /** How it is, in lines for a person. */
    String status();
}
