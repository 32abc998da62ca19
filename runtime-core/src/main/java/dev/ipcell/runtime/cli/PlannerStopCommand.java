// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import java.io.IOException;
import java.util.List;

/** {@code ipcell planner stop}. It waits for calls in progress, for some seconds; later ones go the cold way. */
final class PlannerStopCommand implements Command {
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final int LIMIT = 1 << 16;
    private static final int WAIT_MILLIS = 15_000;

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
        return List.of(PlannerPlace.SOCKET);
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        call.noMoreThan(0);
        Resident resident = call.resident();
        int pid = resident == null ? silent(call) : (int) resident.pid();
        // One that does not answer does not hear either.
        int signal = resident == null ? SIGKILL : SIGTERM;
        Slot process = new Slots().open("planner");
        Program program = new Program();
        program.add("planner stop", new ContainerOp.OpenProcess(process, pid, 0));
        call.executor().run(Batch.of(program));
        Program end = new Program();
        end.add("planner stop", new ProcessOp.Kill(process, signal, WAIT_MILLIS));
        end.add("the end", new ProcessOp.Exit(0));
        call.executor().finish(end);
    }

    /** A planner that is there and does not answer, by the file that it holds. */
    private static int silent(Call call) throws Failure, PlanFailedException, IOException {
        PlannerPlace place = PlannerPlace.of(call);
        String pid = read(call, place.pidFile()).strip();
        if (pid.isEmpty()
                || !read(call, "/proc/" + pid + "/cmdline").contains(PlannerPlace.MAIN + "\0" + place.socket())) {
            throw new Failure("no resident planner serves " + place.socket());
        }
        return Integer.parseInt(pid);
    }

    private static String read(Call call, String path) throws PlanFailedException, IOException {
        Program program = new Program();
        Step content = program.add(Step.optional("planner stop", new FileOp.ReadFile(Slot.CWD, path, LIMIT, 0)));
        BatchResult result = call.executor().run(Batch.of(program));
        return result.errno(content) == 0 ? new String(result.value(content), UTF_8) : "";
    }
}
