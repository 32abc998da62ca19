// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.lifecycle.ContainerPause;
import dev.ipcell.shim.PlanFailedException;
import java.io.IOException;
import java.util.List;

/** {@code ipcell resume}. */
final class ResumeCommand implements Command {
    @Override
    public String operands() {
        return "CONTAINER";
    }

    @Override
    public String summary() {
        return "let a paused container go on";
    }

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        new ContainerPause(call.executor(), call.root()).resume(call.id());
    }
}
