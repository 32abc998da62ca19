// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.Hello;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.Program;
import java.io.IOException;
import java.util.List;

/** {@code ipcell planner run}: the executor becomes the planner, in the foreground, as service managers want it. */
final class PlannerRunCommand implements Command {
    @Override
    public String operands() {
        return "";
    }

    @Override
    public String summary() {
        return "be the resident planner, in the foreground; takes a socket from systemd (LISTEN_FDS)";
    }

    @Override
    public List<Option> options() {
        return List.of(PlannerPlace.SOCKET, PlannerPlace.IDLE);
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        call.noMoreThan(0);
        if (call.resident() != null) {
            throw new Failure(
                    "a planner runs already, with PID " + call.resident().pid());
        }
        Program program = new Program();
        program.add("planner run", PlannerPlace.of(call).exec(call, handedOver(call.hello())));
        call.executor().run(Batch.of(program));
    }

    /** sd_listen_fds(3): the number of sockets, and the process that they are for. */
    private static boolean handedOver(Hello hello) {
        return "1".equals(hello.variable("LISTEN_FDS"))
                && Integer.toString(hello.pid()).equals(hello.variable("LISTEN_PID"));
    }
}
