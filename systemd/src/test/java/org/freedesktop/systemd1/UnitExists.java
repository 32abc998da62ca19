// SPDX-License-Identifier: Apache-2.0
package org.freedesktop.systemd1;

import org.freedesktop.dbus.exceptions.DBusExecutionException;

/** The library makes an error's name of the exception's. */
public final class UnitExists extends DBusExecutionException {
    private static final long serialVersionUID = 1;

    /** The error. */
    public UnitExists(String message) {
        super(message);
    }
}
