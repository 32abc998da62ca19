// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.systemd;

import java.util.List;

/**
 * One property of a unit.
 *
 * @param name as systemd calls it on the bus
 * @param signature its D-Bus type, one complete type
 * @param value a Boolean, String, Double, or Long for every integer (its low bits, if it is smaller); a List for an array or a structure
 */
public record UnitProperty(String name, String signature, Object value) {

    /** A text. */
    public static UnitProperty of(String name, String value) {
        return new UnitProperty(name, "s", value);
    }

    /** A yes or no. */
    public static UnitProperty of(String name, boolean value) {
        return new UnitProperty(name, "b", value);
    }

    /** An unsigned number; -1 is what systemd calls infinity. */
    public static UnitProperty of(String name, long value) {
        return new UnitProperty(name, "t", value);
    }

    /** The processes that a new scope takes in. */
    public static UnitProperty pids(int pid) {
        return new UnitProperty("PIDs", "au", List.of((long) pid));
    }

    @Override
    public String toString() {
        boolean infinite = signature.equals("t") && value.equals(-1L);
        return name + "=" + (infinite ? "infinity" : value) + " (" + signature + ")";
    }
}
