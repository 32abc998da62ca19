// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import dev.ipcell.shim.linux.SyscallException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An IPC namespace could not be made, opened, entered or read; the message says why in one line. */
public final class IpcException extends IOException {
    private static final long serialVersionUID = 1L;

    IpcException(String message) {
        super(message);
    }

    private IpcException(String message, Throwable cause) {
        super(message, cause);
    }

    /** What failed, and what that means if it is known. */
    static IpcException of(String what, SyscallException cause) {
        @Nullable String hint = IpcErrnoHints.hint(cause.syscall(), cause.errno(), cause.subject());
        return new IpcException(what + ": " + cause.getMessage() + (hint == null ? "" : ": " + hint), cause);
    }
}
