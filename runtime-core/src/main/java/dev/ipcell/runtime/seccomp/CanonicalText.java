// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.seccomp;

import dev.ipcell.spec.Seccomp;
import dev.ipcell.spec.SeccompAction;
import dev.ipcell.spec.SeccompArch;
import dev.ipcell.spec.SeccompArg;
import dev.ipcell.spec.SeccompFlag;
import dev.ipcell.spec.Syscall;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Everything that a compiled filter depends on, as one text: equal texts give equal filters. */
final class CanonicalText {
    private final StringBuilder out = new StringBuilder(1 << 14);

    private CanonicalText() {}

    /**
     * The text.
     *
     * @param surroundings what the filter depends on besides: ours, the library's and the kernel's version
     */
    static String of(Seccomp seccomp, String... surroundings) {
        CanonicalText text = new CanonicalText();
        for (String part : surroundings) {
            text.word(part);
        }
        text.profile(seccomp);
        return text.out.toString();
    }

    private void profile(Seccomp seccomp) {
        action(seccomp.defaultAction(), seccomp.defaultErrnoRet());
        for (SeccompArch arch : seccomp.architectures()) {
            out.append(" a").append(arch.wire());
        }
        List<SeccompFlag> flags = seccomp.flags();
        out.append(flags == null ? " default flags" : " flags");
        if (flags != null) {
            for (SeccompFlag flag : flags) {
                out.append(" f").append(flag.wire());
            }
        }
        for (Syscall rule : seccomp.syscalls()) {
            rule(rule);
        }
    }

    private void rule(Syscall rule) {
        out.append('\n');
        action(rule.action(), rule.errnoRet());
        for (SeccompArg arg : rule.args()) {
            out.append(" (").append(arg.index()).append(' ').append(arg.op().wire());
            out.append(' ')
                    .append(arg.value())
                    .append(' ')
                    .append(arg.valueTwo())
                    .append(')');
        }
        for (String name : rule.names()) {
            word(name);
        }
    }

    private void action(SeccompAction action, @Nullable Long data) {
        out.append(action.wire());
        if (data != null) {
            out.append('=').append(data);
        }
    }

    /** With its length, because it may hold anything. */
    private void word(String text) {
        out.append(' ').append(text.length()).append(':').append(text);
    }
}
