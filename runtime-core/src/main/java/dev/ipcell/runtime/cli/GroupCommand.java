// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import java.util.ArrayList;
import java.util.List;

/** A word that only begins the name of a command, such as {@code ipcell ipc}: it has a help text. */
final class GroupCommand implements Command {
    private final String name;

    GroupCommand(String name) {
        this.name = name;
    }

    @Override
    public String operands() {
        return "";
    }

    @Override
    public String summary() {
        return "";
    }

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public void run(Call call) throws Failure {
        List<String> members = new ArrayList<>();
        for (String command : Commands.NAMES) {
            if (command.startsWith(name + " ")) {
                members.add(command.substring(name.length() + 1));
            }
        }
        String last = members.removeLast();
        throw new Failure(
                name + " needs a command: " + String.join(", ", members) + " or " + last + "; " + call.more());
    }
}
