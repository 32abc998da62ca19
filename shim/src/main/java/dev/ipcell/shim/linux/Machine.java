// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import java.lang.invoke.MethodHandle;

/** What the machine is like. */
public final class Machine {
    // int getpagesize(void);
    private static final MethodHandle GETPAGESIZE = Native.function("getpagesize");

    private Machine() {}

    /** Bytes in a page of memory. */
    public static int pageSize() {
        try {
            return Native.callInt(GETPAGESIZE, "getpagesize", "");
        } catch (SyscallException e) {
            throw new AssertionError("it always succeeds", e);
        }
    }
}
