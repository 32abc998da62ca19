// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import java.io.IOException;

/** A system call failed; the message is {@code call subject: ENAME (words)}. */
public final class SyscallException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String syscall;
    private final int errno;
    private final String subject;

    /**
     * Tells what failed.
     *
     * @param syscall name of the call as in section 2 of the manual
     * @param errno its error number
     * @param subject what it was done to; may be empty
     */
    public SyscallException(String syscall, int errno, String subject) {
        super((subject.isEmpty() ? syscall : syscall + " " + subject) + ": " + Errno.name(errno) + " ("
                + Errno.text(errno) + ")");
        this.syscall = syscall;
        this.errno = errno;
        this.subject = subject;
    }

    /** The call's name. */
    public String syscall() {
        return syscall;
    }

    /** The error number; see {@link Errno}. */
    public int errno() {
        return errno;
    }

    /** What the call was done to; may be empty. */
    public String subject() {
        return subject;
    }
}
