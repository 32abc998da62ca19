// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.lifecycle.ContainerStart;
import dev.ipcell.shim.PlanFailedException;
import java.io.IOException;
import java.util.List;

/** {@code ipcell start}. */
final class StartCommand implements Command {
    @Override
    public String operands() {
        return "CONTAINER";
    }

    @Override
    public String summary() {
        return "let a created container run";
    }

    @Override
    public List<Option> options() {
        return List.of(FaultOption.OPTION);
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        new ContainerStart(call.executor(), call.root(), FaultOption.of(call)).start(call.id());
    }
}
