// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.spec.Spec;

/** Who takes the container's terminal: the caller in the foreground, or who listens on the console socket. */
final class TerminalRules {
    private TerminalRules() {}

    static void check(LaunchOptions options, Spec spec) throws Failure {
        boolean terminal = spec.process() != null && spec.process().terminal();
        check(terminal, options.consoleSocket() != null, options.isForeground());
    }

    /** The rule for any process, with runc's words. */
    static void check(boolean terminal, boolean socket, boolean foreground) throws Failure {
        if (terminal && !socket && !foreground) {
            throw new Failure("cannot allocate tty if ipcell will detach without setting console socket");
        }
        if (socket && !terminal) {
            throw new Failure("cannot use console socket if ipcell will not allocate tty: process.terminal is false");
        }
    }
}
