// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import java.io.IOException;
import java.util.List;

/** {@code ipcell help}. */
final class HelpCommand implements Command {
    @Override
    public String operands() {
        return "[COMMAND]";
    }

    @Override
    public String summary() {
        return "show this, or what a command does and which options it has";
    }

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public void run(Call call) throws Failure, IOException {
        List<String> words = call.arguments().rest();
        if (words.isEmpty()) {
            call.print(Help.text());
            return;
        }
        if (!Commands.begins(words.getFirst())) {
            throw Commands.noTopic(words.getFirst());
        }
        Commands.Found found = Commands.find(words);
        if (!found.words().isEmpty()) {
            throw new Failure("\"" + found.words().getFirst() + "\" is one word too many; " + call.more());
        }
        call.print(Help.text(found.name(), found.command()));
    }
}
