// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.state.ContainerLookup;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.Slots;
import dev.ipcell.spec.JsonWriter;
import java.io.IOException;
import java.util.List;

/** {@code ipcell state}. */
final class StateCommand implements Command {
    @Override
    public String operands() {
        return "CONTAINER";
    }

    @Override
    public String summary() {
        return "print the state of a container as JSON";
    }

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        ContainerLookup lookup = new ContainerLookup(call.executor(), call.root(), new Slots());
        call.print(JsonWriter.pretty(lookup.find(call.id()).state().toJson()) + "\n");
    }
}
