// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.lifecycle.ContainerDelete;
import dev.ipcell.shim.PlanFailedException;
import java.io.IOException;
import java.util.List;

/** {@code ipcell delete}. */
final class DeleteCommand implements Command {
    @Override
    public String operands() {
        return "CONTAINER";
    }

    @Override
    public String summary() {
        return "take away what is left of a container";
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.flag("force", 'f', "kill it first if it runs; one that does not exist is no error"),
                FaultOption.OPTION);
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        new ContainerDelete(call.executor(), call.root(), FaultOption.of(call))
                .delete(call.id(), call.arguments().has("force"));
    }
}
