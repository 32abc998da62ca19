// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.systemd;

import dev.ipcell.runtime.systemd.UnitException;
import dev.ipcell.runtime.systemd.UnitManager;
import dev.ipcell.runtime.systemd.UnitProperty;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.freedesktop.dbus.connections.impl.DBusConnection;
import org.freedesktop.dbus.exceptions.DBusException;
import org.freedesktop.dbus.exceptions.DBusExecutionException;
import org.freedesktop.dbus.messages.Error;
import org.freedesktop.dbus.messages.Message;
import org.freedesktop.dbus.messages.MethodCall;
import org.freedesktop.dbus.types.Variant;

/** The interface {@code org.freedesktop.systemd1.Manager}, message by message, each with a limit to its time. */
final class BusUnitManager implements UnitManager {
    static final String NAME = "org.freedesktop.systemd1";
    static final String PATH = "/org/freedesktop/systemd1";
    static final String MANAGER = NAME + ".Manager";

    /** That an answer may take; a manager that reloads its configuration is slow. */
    static final int SECONDS = 15;

    /** That a job may take. */
    static final int JOB_SECONDS = 30;

    /** A new job in the place of one that is queued for the unit. */
    private static final String REPLACE = "replace";

    private final DBusConnection connection;
    private final int seconds;
    private final Jobs jobs;
    private boolean subscribed;

    BusUnitManager(DBusConnection connection, int seconds, int jobSeconds) {
        this.connection = connection;
        this.seconds = seconds;
        this.jobs = new Jobs(jobSeconds);
    }

    @Override
    public String property(String name) throws UnitException {
        Object[] answer = call("org.freedesktop.DBus.Properties", "Get", name, "ss", MANAGER, name);
        Object value = answer.length == 1 && answer[0] instanceof Variant<?> variant ? variant.getValue() : null;
        if (value instanceof String text) {
            return text;
        }
        throw new UnitException("systemd's property " + name + " is no text", null);
    }

    @Override
    public void start(String unit, List<UnitProperty> properties) throws UnitException {
        subscribe();
        Object[] job =
                manager("StartTransientUnit", unit, "ssa(sv)a(sa(sv))", unit, REPLACE, wire(properties), List.of());
        String result = jobs.await(path(job), "start " + unit);
        if (!result.equals("done")) {
            forget(unit);
            throw new UnitException("systemd did not start " + unit + ": its job ended as \"" + result + "\"", "job");
        }
    }

    /** What came before has to be told, and not that it could not be forgotten. */
    private void forget(String unit) {
        try {
            resetFailed(unit);
        } catch (UnitException unheard) {
            // Its name is in use then, and the next start says so.
        }
    }

    @Override
    public void set(String unit, List<UnitProperty> properties) throws UnitException {
        manager("SetUnitProperties", unit, "sba(sv)", unit, true, wire(properties));
    }

    @Override
    public void stop(String unit) throws UnitException {
        subscribe();
        jobs.await(path(manager("StopUnit", unit, "ss", unit, REPLACE)), "stop " + unit);
    }

    @Override
    public void resetFailed(String unit) throws UnitException {
        try {
            manager("ResetFailedUnit", unit, "s", unit);
        } catch (UnitException refused) {
            // One that is not loaded has not failed.
            if (!refused.is("NoSuchUnit")) {
                throw refused;
            }
        }
    }

    @Override
    public void close() {
        connection.disconnect();
    }

    private void subscribe() throws UnitException {
        if (subscribed) {
            return;
        }
        try {
            connection.addGenericSigHandler(Jobs.RULE, jobs);
        } catch (DBusException | DBusExecutionException failed) {
            throw new UnitException("the bus refuses to pass on signals: " + BusProvider.reason(failed), null);
        }
        manager("Subscribe", "", "");
        subscribed = true;
    }

    private static String path(Object[] answer) {
        return answer.length == 0 ? "" : String.valueOf(answer[0]);
    }

    private static List<Object> wire(List<UnitProperty> properties) {
        List<Object> structs = new ArrayList<>(properties.size());
        for (UnitProperty property : properties) {
            Object value = WireValue.of(property.signature(), property.value());
            structs.add(new Object[] {property.name(), new Object[] {property.signature(), value}});
        }
        return structs;
    }

    private Object[] manager(String method, String about, String signature, Object... arguments) throws UnitException {
        return call(MANAGER, method, about, signature, arguments);
    }

    private Object[] call(String type, String method, String about, String signature, Object... arguments)
            throws UnitException {
        String asked = about.isEmpty() ? method : method + " " + about;
        try {
            MethodCall call = connection
                    .getMessageFactory()
                    .createMethodCall(
                            NAME, PATH, type, method, (byte) 0, signature.isEmpty() ? null : signature, arguments);
            connection.sendMessage(call);
            Message reply = call.getReply(TimeUnit.SECONDS.toMillis(seconds));
            if (reply == null) {
                throw new UnitException("systemd does not answer " + asked + " within " + seconds + " seconds", null);
            }
            Object[] answer = reply.getParameters();
            if (reply instanceof Error error) {
                throw new UnitException(
                        asked + ": " + (answer == null || answer.length == 0 ? error.getName() : answer[0]),
                        error.getName());
            }
            return answer == null ? new Object[0] : answer;
        } catch (DBusException | DBusExecutionException failed) {
            throw new UnitException(asked + ": " + BusProvider.reason(failed), null);
        }
    }
}
