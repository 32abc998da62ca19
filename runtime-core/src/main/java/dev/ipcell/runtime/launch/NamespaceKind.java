// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.spec.NamespaceType;

/** What the kernel calls the kinds of namespace that runtime-spec names. */
final class NamespaceKind {
    private NamespaceKind() {}

    /** The {@code CLONE_NEW*} flag. */
    static int flag(NamespaceType type) {
        return switch (type) {
            case MOUNT -> Kernel.CLONE_NEWNS;
            case PID -> Kernel.CLONE_NEWPID;
            case NETWORK -> Kernel.CLONE_NEWNET;
            case UTS -> Kernel.CLONE_NEWUTS;
            case IPC -> Kernel.CLONE_NEWIPC;
            case USER -> Kernel.CLONE_NEWUSER;
            case CGROUP -> Kernel.CLONE_NEWCGROUP;
            case TIME -> Kernel.CLONE_NEWTIME;
        };
    }

    /** The name under {@code /proc/PID/ns}. */
    static String procName(NamespaceType type) {
        return switch (type) {
            case MOUNT -> "mnt";
            case NETWORK -> "net";
            default -> type.wire();
        };
    }

    /** The name for a {@code CLONE_NEW*} flag, as runtime-spec has it. */
    static String name(int flag) {
        for (NamespaceType type : NamespaceType.values()) {
            if (flag(type) == flag) {
                return type.wire();
            }
        }
        return "unknown";
    }
}
