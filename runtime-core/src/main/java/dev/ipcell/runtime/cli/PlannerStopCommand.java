// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import java.io.IOException;
import java.util.List;

/** {@code ipcell planner stop}. Calls in progress go the cold way, or are undone. */
final class PlannerStopCommand implements Command {
    private static final int SIGTERM = 15;
    private static final int WAIT_MILLIS = 5000;

    @Override
    public String operands() {
        return "";
    }

    @Override
    public String summary() {
        return "end the resident planner";
    }

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        Resident resident = call.resident();
        if (resident == null) {
            throw new Failure("no resident planner answers");
        }
        Slot process = new Slots().open("planner");
        Program program = new Program();
        program.add("planner stop", new ContainerOp.OpenProcess(process, (int) resident.pid(), 0));
        call.executor().run(Batch.of(program));
        Program end = new Program();
        end.add("planner stop", new ProcessOp.Kill(process, SIGTERM, WAIT_MILLIS));
        end.add("the end", new ProcessOp.Exit(0));
        call.executor().finish(end);
    }
}
