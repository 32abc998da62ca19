// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.ArrayList;
import java.util.List;

/** Reads {@code linux.seccomp}. */
final class SeccompReader {
    private static final String ACTION = "seccomp action";

    private SeccompReader() {}

    static Seccomp seccomp(ObjectReader in) {
        return new Seccomp(
                in.requiredChoice("defaultAction", ACTION, SeccompAction.values()),
                in.uint32("defaultErrnoRet"),
                in.choices("architectures", "architecture", SeccompArch.values()),
                in.choicesOrNull("flags", "seccomp flag", SeccompFlag.values()),
                in.string("listenerPath"),
                in.string("listenerMetadata"),
                syscalls(in.objects("syscalls")),
                in.unknown());
    }

    private static List<Syscall> syscalls(List<ObjectReader> array) {
        SeccompAction[] actions = SeccompAction.values();
        List<Syscall> syscalls = new ArrayList<>(array.size());
        for (ObjectReader in : array) {
            syscalls.add(new Syscall(
                    in.strings("names"),
                    in.requiredChoice("action", ACTION, actions),
                    in.uint32("errnoRet"),
                    args(in.objects("args")),
                    in.unknown()));
        }
        return List.copyOf(syscalls);
    }

    private static List<SeccompArg> args(List<ObjectReader> array) {
        List<SeccompArg> args = new ArrayList<>(array.size());
        for (ObjectReader in : array) {
            args.add(new SeccompArg(
                    (int) in.requiredInteger("index", 0, 5), // a system call has six arguments
                    in.requiredUint64("value"),
                    in.uint64OrZero("valueTwo"),
                    in.requiredChoice("op", "comparison", SeccompOperator.values()),
                    in.unknown()));
        }
        return List.copyOf(args);
    }
}
