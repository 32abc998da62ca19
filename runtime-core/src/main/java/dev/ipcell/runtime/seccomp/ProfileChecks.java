// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.seccomp;

import dev.ipcell.spec.Seccomp;
import dev.ipcell.spec.SeccompAction;
import dev.ipcell.spec.SeccompFlag;
import dev.ipcell.spec.Syscall;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What no machine could carry out, and what this one's library or kernel is too old for. Each finding has its JSON pointer. */
final class ProfileChecks {
    static final String AT = "/linux/seccomp";

    /** The first level of libseccomp's interface that has these actions (seccomp_api_get(3)). */
    private static final int LEVEL_OF_LOG = 3;

    private static final int LEVEL_OF_NOTIFY = 6;

    private static final int MAX_ERRNO = 4095; // above, the kernel returns another number than was asked for
    private static final int MAX_DATA = 0xffff; // SECCOMP_RET_DATA

    /** With these the listener is handed over and the container's process told of, before anybody can answer notifications. */
    private static final Set<String> NEEDED_TO_HAND_OVER = Set.of("write", "sendmsg");

    private final Seccomp seccomp;
    private final Map<String, String> found = new LinkedHashMap<>();

    private ProfileChecks(Seccomp seccomp) {
        this.seccomp = seccomp;
    }

    /** Checks that need nothing but the profile. */
    static void check(Seccomp seccomp) throws SeccompRefusal {
        ProfileChecks checks = new ProfileChecks(seccomp);
        if (seccomp.defaultAction() == SeccompAction.NOTIFY) {
            checks.found.put(
                    AT + "/defaultAction",
                    "SCMP_ACT_NOTIFY cannot be the default action: the listener could not be handed over");
        }
        checks.data(AT + "/defaultErrnoRet", seccomp.defaultAction(), seccomp.defaultErrnoRet());
        List<Syscall> rules = seccomp.syscalls();
        for (int i = 0; i < rules.size(); i++) {
            Syscall rule = rules.get(i);
            checks.data(rule(i) + "/errnoRet", rule.action(), rule.errnoRet());
            if (rule.action() == SeccompAction.NOTIFY) {
                checks.notifying(i, rule);
            }
        }
        checks.flags();
        checks.refuse();
    }

    /** Checks against what library and kernel support together. */
    static void check(Seccomp seccomp, int apiLevel) throws SeccompRefusal {
        ProfileChecks checks = new ProfileChecks(seccomp);
        checks.supported(AT + "/defaultAction", seccomp.defaultAction(), apiLevel);
        List<Syscall> rules = seccomp.syscalls();
        for (int i = 0; i < rules.size(); i++) {
            checks.supported(rule(i) + "/action", rules.get(i).action(), apiLevel);
        }
        checks.refuse();
    }

    /** The pointer of a rule. */
    static String rule(int index) {
        return AT + "/syscalls/" + index;
    }

    /** True if some rule wants the listener to be asked. */
    static boolean notifies(Seccomp seccomp) {
        for (Syscall rule : seccomp.syscalls()) {
            if (rule.action() == SeccompAction.NOTIFY) {
                return true;
            }
        }
        return false;
    }

    private void data(String pointer, SeccompAction action, @Nullable Long value) {
        if (value == null) {
            return;
        }
        int limit = action == SeccompAction.ERRNO ? MAX_ERRNO : MAX_DATA;
        if (value > limit) {
            found.put(pointer, "must be at most " + limit + " with " + action.wire() + ", not " + value);
        }
    }

    private void notifying(int index, Syscall rule) {
        if (seccomp.listenerPath() == null) {
            found.put(rule(index) + "/action", "SCMP_ACT_NOTIFY needs a listenerPath");
        }
        List<String> names = rule.names();
        for (int i = 0; i < names.size(); i++) {
            if (NEEDED_TO_HAND_OVER.contains(names.get(i))) {
                found.put(
                        rule(index) + "/names/" + i,
                        "SCMP_ACT_NOTIFY cannot be used for the " + names.get(i)
                                + " syscall: without it the listener could not be handed over");
            }
        }
    }

    private void flags() {
        List<SeccompFlag> flags = seccomp.flags();
        int at = flags == null ? -1 : flags.indexOf(SeccompFlag.WAIT_KILLABLE_RECV);
        if (at >= 0 && !notifies(seccomp)) {
            found.put(
                    AT + "/flags/" + at,
                    SeccompFlag.WAIT_KILLABLE_RECV.wire()
                            + " needs a rule with SCMP_ACT_NOTIFY: the kernel takes it only"
                            + " together with a listener");
        }
    }

    private void supported(String pointer, SeccompAction action, int apiLevel) {
        int needed = switch (action) {
            case LOG, KILL_PROCESS -> LEVEL_OF_LOG;
            case NOTIFY -> LEVEL_OF_NOTIFY;
            default -> 0;
        };
        if (apiLevel < needed) {
            found.put(
                    pointer,
                    action.wire() + " is not supported here: libseccomp and the kernel support level " + apiLevel
                            + " of its interface, it needs level " + needed);
        }
    }

    private void refuse() throws SeccompRefusal {
        if (!found.isEmpty()) {
            throw new SeccompRefusal(found);
        }
    }
}
