// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.systemd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.freedesktop.dbus.DBusPath;
import org.freedesktop.dbus.connections.impl.DBusConnection;
import org.freedesktop.dbus.connections.impl.DBusConnectionBuilder;
import org.freedesktop.dbus.exceptions.DBusException;
import org.freedesktop.dbus.exceptions.DBusExecutionException;
import org.freedesktop.dbus.interfaces.Properties;
import org.freedesktop.dbus.types.UInt32;
import org.freedesktop.dbus.types.Variant;

/** Answers on a bus as systemd would, and remembers what it was asked. */
public final class StandIn implements StandInCalls, Properties, AutoCloseable {
    private final DBusConnection connection;
    private final List<String> asked = new ArrayList<>();

    /** A unit of this name makes the call fail, or its job. */
    static final String EXISTS = "exists.scope";

    static final String FAILS = "fails.scope";

    /** The signal that it tells the end of a job by. */
    static final String JOB_REMOVED = "JobRemoved";

    private volatile String silentAt = "";

    StandIn(String address) throws DBusException {
        connection = DBusConnectionBuilder.forAddress(address).withShared(false).build();
        connection.exportObject(BusUnitManager.PATH, this);
        connection.requestBusName(BusUnitManager.NAME);
    }

    synchronized List<String> asked() {
        return List.copyOf(asked);
    }

    /** Gives no answer to this call from now on, or does not send this signal. */
    void beSilentAt(String name) {
        silentAt = name;
    }

    private void answers(String call) {
        if (call.equals(silentAt)) {
            sleep();
        }
    }

    private synchronized void note(String text) {
        asked.add(text);
    }

    private static String text(List<Property> properties) {
        StringBuilder text = new StringBuilder();
        for (Property property : properties) {
            text.append(' ')
                    .append(property.name)
                    .append('=')
                    .append(property.value.getSig())
                    .append(' ')
                    .append(shown(property.value.getValue()));
        }
        return text.toString();
    }

    private static String shown(Object value) {
        if (value instanceof byte[] bytes) {
            return Arrays.toString(bytes);
        }
        if (value instanceof Object[] array) {
            return shown(List.of(array));
        }
        if (value instanceof List<?> list) {
            List<String> elements = new ArrayList<>();
            for (Object element : list) {
                elements.add(shown(element));
            }
            return elements.toString();
        }
        return String.valueOf(value);
    }

    private DBusPath job(String unit) throws DBusException {
        DBusPath job = new DBusPath(BusUnitManager.PATH + "/job/" + asked().size());
        if (silentAt.equals(JOB_REMOVED)) {
            return job;
        }
        String result = unit.equals(FAILS) ? "failed" : "done";
        connection.sendMessage(new StandInCalls.JobRemoved(BusUnitManager.PATH, new UInt32(1), job, unit, result));
        return job;
    }

    private static void sleep() {
        try {
            Thread.sleep(5000);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public DBusPath StartTransientUnit(String name, String mode, List<Property> properties, List<Auxiliary> others)
            throws DBusException {
        note("start " + name + " " + mode + text(properties) + (others.isEmpty() ? "" : " and others"));
        if (name.equals(EXISTS)) {
            throw new org.freedesktop.systemd1.UnitExists("Unit " + name + " already exists.");
        }
        answers("StartTransientUnit");
        return job(name);
    }

    @Override
    public DBusPath StopUnit(String name, String mode) throws DBusException {
        note("stop " + name + " " + mode);
        answers("StopUnit");
        return job(name);
    }

    @Override
    public void SetUnitProperties(String name, boolean runtime, List<Property> properties) {
        note("set " + name + (runtime ? " for now" : " for ever") + text(properties));
        answers("SetUnitProperties");
    }

    @Override
    public void ResetFailedUnit(String name) {
        note("reset " + name);
        answers("ResetFailedUnit");
    }

    @Override
    public void Subscribe() {
        note("subscribe");
        answers("Subscribe");
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // The interface is D-Bus's.
    public <A> A Get(String type, String name) {
        answers("Get");
        if (name.equals("Version")) {
            return (A) "252.1";
        }
        throw new DBusExecutionException("Unknown property " + name);
    }

    @Override
    public <A> void Set(String type, String name, A value) {
        throw new DBusExecutionException("read-only");
    }

    @Override
    public Map<String, Variant<?>> GetAll(String type) {
        return Map.of();
    }

    @Override
    public String getObjectPath() {
        return BusUnitManager.PATH;
    }

    @Override
    public boolean isRemote() {
        return false;
    }

    /**
     * The library interrupts its sender while that writes, which closes the channel, and fails with a
     * NullPointerException on an answer still to be sent; a second call finds none and closes what is left.
     */
    @Override
    public void close() {
        try {
            connection.disconnect();
        } catch (NullPointerException cutOff) {
            connection.disconnect();
        }
    }
}
