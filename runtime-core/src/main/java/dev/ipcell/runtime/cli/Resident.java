// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

/** The resident planner, as the commands see it that are about it. */
public interface Resident {
    /** Its process ID. */
    long pid();

    /** How it is, in lines for a person. */
    String status();
}
