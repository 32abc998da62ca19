// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import java.util.List;

/** The help texts, made from the commands and options themselves. */
final class Help {
    private static final int COLUMN = 30;

    private Help() {}

    static String text() throws Failure {
        StringBuilder out = new StringBuilder("ipcell runs OCI containers, and shows what happens to their IPC\n\n"
                + "usage: ipcell [global options] COMMAND [options] ...\n\ncommands:\n");
        for (String name : Commands.NAMES) {
            row(out, name, Commands.command(name).summary());
        }
        out.append("\nglobal options:\n");
        options(out, GlobalOptions.ALL);
        return out.append("\nipcell COMMAND --help tells more about a command\n")
                .toString();
    }

    static String text(String name, Command command) throws Failure {
        if (Commands.isGroup(name)) {
            return group(name);
        }
        StringBuilder out = new StringBuilder("usage: ipcell ")
                .append(name)
                .append(command.operands().isEmpty() ? " [options]" : " [options] ")
                .append(command.operands())
                .append("\n\n")
                .append(command.summary())
                .append("\n\noptions:\n");
        options(out, command.options());
        row(out, "-h, --help", "show this");
        return out.append("\nipcell help lists the global options, which may stand here too\n")
                .toString();
    }

    private static String group(String name) throws Failure {
        StringBuilder out = new StringBuilder("usage: ipcell ").append(name).append(" COMMAND ...\n\ncommands:\n");
        for (String command : Commands.NAMES) {
            if (command.startsWith(name + " ")) {
                row(out, command, Commands.command(command).summary());
            }
        }
        return out.append("\nipcell ")
                .append(name)
                .append(" COMMAND --help tells more about one\n")
                .toString();
    }

    private static void options(StringBuilder out, List<Option> options) {
        for (Option option : options) {
            if (!option.help().isEmpty()) {
                row(out, option.usage(), option.help());
            }
        }
    }

    private static void row(StringBuilder out, String left, String right) {
        out.append("  ").append(left);
        out.repeat(' ', Math.max(2, COLUMN - left.length()));
        out.append(right).append('\n');
    }
}
