// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/** The other end does not speak the protocol of {@code ops.h}, or not this version of it. */
public final class WireException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Says what is wrong with it. */
    public WireException(String message) {
        super(message);
    }
}
