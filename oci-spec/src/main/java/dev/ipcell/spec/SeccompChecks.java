// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks of {@code linux.seccomp}. */
final class SeccompChecks {
    private static final String AT = "/linux/seccomp";

    private SeccompChecks() {}

    static void check(Seccomp seccomp, Problems problems) {
        if (!problems.sound(AT)) {
            return;
        }
        errno(seccomp.defaultAction(), seccomp.defaultErrnoRet(), AT + "/defaultErrnoRet", problems);
        if (seccomp.listenerMetadata() != null && seccomp.listenerPath() == null) {
            problems.error(AT + "/listenerMetadata", "needs listenerPath");
        }
        List<Syscall> syscalls = seccomp.syscalls();
        for (int i = 0; i < syscalls.size(); i++) {
            Syscall syscall = syscalls.get(i);
            if (syscall.names().isEmpty()) {
                problems.error(JsonPointer.child(AT + "/syscalls", i) + "/names", "must name at least one system call");
            }
            errno(syscall.action(), syscall.errnoRet(), JsonPointer.child(AT + "/syscalls", i) + "/errnoRet", problems);
        }
    }

    private static void errno(SeccompAction action, @Nullable Long errno, String pointer, Problems problems) {
        if (errno != null && !action.takesErrno()) {
            problems.error(pointer, action.wire() + " takes no errno");
        }
    }
}
