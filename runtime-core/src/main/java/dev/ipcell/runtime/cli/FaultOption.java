// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.Fault;
import dev.ipcell.shim.linux.Errno;
import org.jspecify.annotations.Nullable;

/**
 * The value of {@code --inject-fault}: {@code fail@17}, {@code fail@17:28}, {@code kill-executor@17}, {@code kill-planner@17},
 * {@code stop-executor@17}.
 */
final class FaultOption {
    /** For the tests of what is left behind; deliberately not in the help text. */
    static final Option OPTION = Option.valued("inject-fault", (char) 0, "ACTION@OP[:ERRNO]", "");

    private FaultOption() {}

    static Fault of(Call call) throws Failure {
        return parse(call.arguments().value(OPTION.name()));
    }

    static Fault parse(@Nullable String text) throws Failure {
        if (text == null) {
            return Fault.NONE;
        }
        int at = text.indexOf('@');
        int colon = text.indexOf(':');
        try {
            int op = Integer.parseInt(text.substring(at + 1, colon < 0 ? text.length() : colon));
            int errno = colon < 0 ? Errno.EIO : Integer.parseInt(text.substring(colon + 1));
            return new Fault(op, action(text.substring(0, Math.max(at, 0))), errno);
        } catch (NumberFormatException noNumber) {
            throw new Failure("--inject-fault must be ACTION@OP or ACTION@OP:ERRNO, not \"" + text + "\"");
        }
    }

    private static Fault.Action action(String name) throws Failure {
        return switch (name) {
            case "fail" -> Fault.Action.FAIL;
            case "kill-executor" -> Fault.Action.KILL_EXECUTOR;
            case "kill-planner" -> Fault.Action.KILL_PLANNER;
            case "stop-executor" -> Fault.Action.STOP_EXECUTOR;
            default ->
                throw new Failure("--inject-fault knows fail, kill-executor, kill-planner and stop-executor, not \""
                        + name + "\"");
        };
    }
}
