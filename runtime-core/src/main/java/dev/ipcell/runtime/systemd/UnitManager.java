// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.systemd;

import java.util.List;

/** A connection to a systemd manager. Each call ends within a stated time, whatever the manager does. */
public interface UnitManager extends AutoCloseable {

    /** One of the manager's own properties, which must be a string. */
    String property(String name) throws UnitException;

    /**
     * Starts a transient unit and waits until it has started.
     *
     * @throws UnitException if it has not; it may do so later
     */
    void start(String unit, List<UnitProperty> properties) throws UnitException;

    /** Changes properties of a unit for as long as it is there. */
    void set(String unit, List<UnitProperty> properties) throws UnitException;

    /** Stops a unit and waits until it has stopped. */
    void stop(String unit) throws UnitException;

    /** Forgets that a unit has failed, which keeps it and its name in use. */
    void resetFailed(String unit) throws UnitException;

    @Override
    void close();
}
