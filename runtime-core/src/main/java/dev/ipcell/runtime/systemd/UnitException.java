// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.systemd;

import org.jspecify.annotations.Nullable;

/** A manager could not be reached, did not answer in time, or said no; the message tells which, and of what. */
public final class UnitException extends Exception {
    private static final long serialVersionUID = 1;

    private final @Nullable String errorName;

    /**
     * A failure.
     *
     * @param errorName of the D-Bus error that was the answer, or null if there was none
     */
    public UnitException(String message, @Nullable String errorName) {
        super(message);
        this.errorName = errorName;
    }

    /** True if the answer was an error of this name, below {@code org.freedesktop.systemd1}. */
    public boolean is(String name) {
        return ("org.freedesktop.systemd1." + name).equals(errorName);
    }

    /** True if there was no answer, so that none can be hoped for from another question. */
    public boolean isSilence() {
        return errorName == null;
    }
}
