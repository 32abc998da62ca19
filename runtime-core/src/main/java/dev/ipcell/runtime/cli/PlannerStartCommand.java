// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.FileFacts;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.TerminalOp;
import java.io.IOException;
import java.util.List;

/** {@code ipcell planner start}: a planner in the background, on its own session and without the caller's streams. */
final class PlannerStartCommand implements Command {
    private static final int O_RDWR = 2;
    private static final int STAT_LIMIT = 1024;
    private static final int STEP_MILLIS = 10;
    private static final int WAIT_MILLIS = 10_000;

    @Override
    public String operands() {
        return "";
    }

    @Override
    public String summary() {
        return "start the resident planner, which makes every later call faster";
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
        PlannerPlace place = PlannerPlace.of(call);
        Slots slots = new Slots();
        Slot nothing = slots.open("/dev/null");
        Slot process = slots.open("planner");
        Program child = new Program();
        child.add("planner start", new ChildOp.SetSid());
        child.add("planner start", new TerminalOp.UseStreams(nothing, nothing, nothing));
        child.add("planner start", new ChildOp.Chdir("/", 0));
        child.add("planner start", place.exec(call, false));
        Program program = new Program();
        Step old = program.add(Step.optional("planner start", new FileOp.Stat(Slot.CWD, place.socket(), 0)));
        program.add("planner start", new DescriptorOp.OpenFd(nothing, Slot.CWD, "/dev/null", O_RDWR, 0, 0));
        Step started =
                program.add("planner start", new ProcessOp.Clone(process, 0, Slot.NONE, "ipcell-planner", child));
        program.add("planner start", new ProcessOp.AwaitExec(process));
        BatchResult result = call.executor().run(Batch.of(program));
        await(call, place, inode(result, old), result.number(started));
        call.print("");
    }

    private static long inode(BatchResult result, Step look) {
        return result.errno(look) == 0 ? FileFacts.decode(result.value(look)).ino() : 0;
    }

    /** Until its socket, not the one that a planner before it has left, is there. */
    private static void await(Call call, PlannerPlace place, long oldInode, int pid)
            throws Failure, PlanFailedException, IOException {
        for (int waited = 0; waited < WAIT_MILLIS; waited += STEP_MILLIS) {
            Program program = new Program();
            Step look = program.add(Step.optional("planner start", new FileOp.Stat(Slot.CWD, place.socket(), 0)));
            Step state = program.add(Step.optional(
                    "planner start", new FileOp.ReadFile(Slot.CWD, "/proc/" + pid + "/stat", STAT_LIMIT, 0)));
            BatchResult result = call.executor().run(Batch.of(program));
            long inode = inode(result, look);
            if (inode != 0 && inode != oldInode) {
                return;
            }
            if (result.errno(state) != 0 || new String(result.value(state), UTF_8).contains(") Z ")) {
                break;
            }
            try {
                Thread.sleep(STEP_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        throw new Failure(
                "the planner does not serve " + place.socket() + "; ipcell planner run, in the foreground, shows why");
    }
}
