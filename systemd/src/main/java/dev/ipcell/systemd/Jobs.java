// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.systemd;

import dev.ipcell.runtime.systemd.UnitException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.freedesktop.dbus.exceptions.DBusException;
import org.freedesktop.dbus.interfaces.DBusSigHandler;
import org.freedesktop.dbus.matchrules.DBusMatchRule;
import org.freedesktop.dbus.matchrules.DBusMatchRuleBuilder;
import org.freedesktop.dbus.messages.DBusSignal;

/** How systemd's jobs ended, by their object's path; an end may be told before the job is. */
final class Jobs implements DBusSigHandler<DBusSignal> {
    static final DBusMatchRule RULE = DBusMatchRuleBuilder.create()
            .withType("signal")
            .withInterface(BusUnitManager.MANAGER)
            .withMember("JobRemoved")
            .build();

    private final int seconds;

    private final Map<String, String> results = new HashMap<>();

    /** @param seconds that the end of one is waited for */
    Jobs(int seconds) {
        this.seconds = seconds;
    }

    @Override
    public void handle(DBusSignal signal) {
        try {
            Object[] arguments = signal.getParameters();
            // number, job, unit, result
            if (arguments != null && arguments.length == 4) {
                end(String.valueOf(arguments[1]), String.valueOf(arguments[3]));
            }
        } catch (DBusException damaged) {
            // Then the job's time runs out.
        }
    }

    private synchronized void end(String job, String result) {
        results.put(job, result);
        notifyAll();
    }

    /** Waits for the end of a job. */
    synchronized String await(String job, String what) throws UnitException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        try {
            while (!results.containsKey(job)) {
                long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (left <= 0) {
                    throw new UnitException("systemd does not " + what + " within " + seconds + " seconds", null);
                }
                wait(left);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new UnitException("interrupted", null);
        }
        return String.valueOf(results.remove(job));
    }
}
