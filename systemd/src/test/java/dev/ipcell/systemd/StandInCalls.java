// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.systemd;

import java.util.List;
import org.freedesktop.dbus.DBusPath;
import org.freedesktop.dbus.Struct;
import org.freedesktop.dbus.annotations.DBusInterfaceName;
import org.freedesktop.dbus.annotations.Position;
import org.freedesktop.dbus.exceptions.DBusException;
import org.freedesktop.dbus.interfaces.DBusInterface;
import org.freedesktop.dbus.messages.DBusSignal;
import org.freedesktop.dbus.types.UInt32;
import org.freedesktop.dbus.types.Variant;

/** What is asked of the stand-in. */
@DBusInterfaceName("org.freedesktop.systemd1.Manager")
public interface StandInCalls extends DBusInterface {
    /** A property of a unit. */
    final class Property extends Struct {
        /** Its name. */
        @Position(0)
        public final String name;

        /** Its value. */
        @Position(1)
        public final Variant<?> value;

        /** As it came. */
        public Property(String name, Variant<?> value) {
            this.name = name;
            this.value = value;
        }
    }

    /** Another unit to be started along. */
    final class Auxiliary extends Struct {
        /** Its name. */
        @Position(0)
        public final String name;

        /** Its properties. */
        @Position(1)
        public final List<Property> properties;

        /** As it came. */
        public Auxiliary(String name, List<Property> properties) {
            this.name = name;
            this.properties = properties;
        }
    }

    /** Starts a unit. */
    DBusPath StartTransientUnit(String name, String mode, List<Property> properties, List<Auxiliary> others)
            throws DBusException;

    /** Stops one. */
    DBusPath StopUnit(String name, String mode) throws DBusException;

    /** Changes one. */
    void SetUnitProperties(String name, boolean runtime, List<Property> properties);

    /** Forgets that one failed. */
    void ResetFailedUnit(String name);

    /** Wants signals. */
    void Subscribe();

    /** A job has ended. */
    class JobRemoved extends DBusSignal {
        /** The signal. */
        public JobRemoved(String path, UInt32 id, DBusPath job, String unit, String result) throws DBusException {
            super(path, id, job, unit, result);
        }
    }
}
