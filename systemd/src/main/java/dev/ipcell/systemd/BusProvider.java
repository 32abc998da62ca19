// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.systemd;

import dev.ipcell.runtime.systemd.UnitException;
import dev.ipcell.runtime.systemd.UnitManager;
import dev.ipcell.runtime.systemd.UnitManagerProvider;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.freedesktop.dbus.connections.impl.DBusConnection;
import org.freedesktop.dbus.connections.impl.DBusConnectionBuilder;
import org.freedesktop.dbus.exceptions.DBusException;
import org.freedesktop.dbus.messages.MethodCall;

/** Connects to a bus, with a limit to the time that this takes: the library would wait for a silent bus for ever. */
public final class BusProvider implements UnitManagerProvider {
    private static final int SECONDS = 15;

    /** The library tries again every half a second until this many milliseconds are over. */
    private static final int NO_RETRY = 500;

    static {
        MethodCall.setDefaultTimeout(TimeUnit.SECONDS.toMillis(SECONDS));
    }

    @Override
    public UnitManager connect(String address) throws UnitException {
        return connect(address, SECONDS);
    }

    static UnitManager connect(String address, int seconds) throws UnitException {
        FutureTask<UnitManager> connecting =
                new FutureTask<>(() -> open(address, BusUnitManager.SECONDS, BusUnitManager.JOB_SECONDS));
        Thread thread = new Thread(connecting, "D-Bus connection");
        thread.setDaemon(true);
        thread.start();
        try {
            return connecting.get(seconds, TimeUnit.SECONDS);
        } catch (TimeoutException silent) {
            connecting.cancel(true);
            throw new UnitException("the bus at " + address + " does not answer within " + seconds + " seconds", null);
        } catch (InterruptedException interrupted) {
            connecting.cancel(true);
            Thread.currentThread().interrupt();
            throw new UnitException("interrupted", null);
        } catch (ExecutionException failed) {
            throw new UnitException("no bus at " + address + ": " + reason(failed), null);
        }
    }

    /**
     * @param seconds that an answer to a call may take
     * @param jobSeconds that a job may take
     */
    static UnitManager open(String address, int seconds, int jobSeconds) throws DBusException {
        DBusConnection connection = DBusConnectionBuilder.forAddress(address)
                .withShared(false)
                .transportConfig()
                .withRegisterSelf(false)
                .withTimeout(NO_RETRY)
                .back()
                .build();
        try {
            connection.register();
            return new BusUnitManager(connection, seconds, jobSeconds);
        } catch (DBusException | RuntimeException failed) {
            connection.disconnect();
            throw failed;
        }
    }

    /** The innermost cause has what the kernel or the bus said. */
    static String reason(Throwable failed) {
        Throwable inner = failed;
        while (inner.getCause() != null) {
            inner = inner.getCause();
        }
        String message = inner.getMessage();
        return message == null || message.isEmpty() ? inner.getClass().getSimpleName() : message;
    }
}
