// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.lifecycle.ContainerKill;
import dev.ipcell.shim.PlanFailedException;
import java.io.IOException;
import java.util.List;

/** {@code ipcell kill}. */
final class KillCommand implements Command {
    @Override
    public String operands() {
        return "CONTAINER [SIGNAL]";
    }

    @Override
    public String summary() {
        return "send a signal (default TERM) to a container";
    }

    @Override
    public List<Option> options() {
        return List.of(Option.flag("all", 'a', "to every process of the container"));
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        List<String> words = call.arguments().rest();
        if (words.isEmpty()) {
            throw new Failure("the container's ID is missing; " + call.more());
        }
        call.noMoreThan(2);
        String signal = words.size() == 1 ? "TERM" : words.get(1);
        new ContainerKill(call.executor(), call.root())
                .kill(
                        ContainerId.checked(words.getFirst()),
                        signal,
                        call.arguments().has("all"));
    }
}
