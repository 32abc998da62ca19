// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Log;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code --debug}: before each batch, what is in it and what asked for it. It goes to the log, if there is one, so that nothing gets into
 * the answer that an engine reads.
 */
final class DebugLog implements Executor.Observer {
    /** {@code O_WRONLY | O_CREAT | O_APPEND}. */
    static final int APPEND = 02101;

    static final int LOG_MODE = 0644;

    private final Executor executor;
    private final Log log;

    private DebugLog(Executor executor, Log log) {
        this.executor = executor;
        this.log = log;
    }

    /** Begins with who answers the call. */
    static void begin(Call call) throws PlanFailedException, IOException {
        DebugLog debug = new DebugLog(call.executor(), CommandLine.log(call.global()));
        Resident resident = call.resident();
        String planner = resident == null
                ? "no resident planner: " + call.hello().variable("IPCELL_COLD")
                : "the resident planner with PID " + resident.pid() + " answers";
        debug.tell(List.of(
                "ipcell " + Version.NUMBER + " (" + call.hello().buildId() + "): " + call.name() + ", with the state of"
                        + " containers in " + call.root(),
                planner));
        call.executor().observe(debug);
    }

    @Override
    public void before(Batch batch) throws IOException, PlanFailedException {
        List<String> lines = new ArrayList<>();
        List<Step> steps = batch.program().steps();
        lines.add((batch.isFinal() ? "the last " : "") + steps.size() + " operations: " + origins(steps));
        for (Step step : steps) {
            if (step.op() instanceof ProcessOp.Clone clone) {
                List<Step> inside = clone.program().steps();
                lines.add(inside.size() + " operations of the new process: " + origins(inside));
            } else if (step.op() instanceof ChildOp.Exec) {
                lines.add(step.op().describe());
            }
        }
        tell(lines);
    }

    /** What asked for the operations, in their order. */
    private static String origins(List<Step> steps) {
        StringBuilder out = new StringBuilder();
        String last = "";
        for (Step step : steps) {
            if (!step.origin().equals(last)) {
                out.append(out.isEmpty() ? "" : "; ").append(step.origin());
                last = step.origin();
            }
        }
        return out.toString();
    }

    private void tell(List<String> lines) throws PlanFailedException, IOException {
        FileOp telling = log.file() == null
                ? new FileOp.Output(2, Log.stamped("debug", lines).getBytes(StandardCharsets.UTF_8))
                : new FileOp.WriteFile(Slot.CWD, log.file(), APPEND, LOG_MODE, 0, log.entries("debug", lines));
        Program program = new Program();
        program.add(Step.optional("--debug", telling));
        executor.run(Batch.of(program));
    }
}
