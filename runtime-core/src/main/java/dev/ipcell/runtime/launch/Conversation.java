// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.Batch;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.Fault;
import dev.ipcell.shim.Hello;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.Program;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A conversation with an executor that remembers how long operations took, and can make one of them fail on purpose. */
final class Conversation {
    private final Executor executor;
    private final boolean trace;
    private final Fault fault;
    private final List<BatchResult.Timing> timings = new ArrayList<>();
    private boolean onlyLooks;
    private boolean sealed;

    Conversation(Executor executor, boolean trace, Fault fault) {
        this.executor = executor;
        this.trace = trace;
        this.fault = fault;
    }

    Hello hello() {
        return executor.hello();
    }

    /** The executor goes into no container in what follows, and need not be sealed. */
    void onlyLook() {
        onlyLooks = true;
    }

    /**
     * The next batch is the last one that only looks: while the planner thinks about what was seen, the executor prepares for what
     * follows, which takes as long ({@link Executor#sealAfterNext}).
     */
    void sealAfterNext() {
        if (!onlyLooks && !sealed) {
            executor.sealAfterNext();
            sealed = true;
        }
    }

    /** Does so; if it fails, the executor is not sealed. */
    BatchResult run(Program program) throws IOException, PlanFailedException {
        return run(program, null);
    }

    BatchResult run(Program program, @Nullable Runnable meanwhile) throws IOException, PlanFailedException {
        boolean before = sealed;
        sealed = false;
        BatchResult result = executor.run(new Batch(program, false, trace, fault), meanwhile);
        sealed = before;
        timings.addAll(result.timings());
        return result;
    }

    /** Runs the first and, unless that fails, leaves the executor alone with the last. */
    void finish(Program program, Program last) throws IOException, PlanFailedException {
        executor.runAndFinish(new Batch(program, false, false, fault), new Batch(last, true, false, fault));
    }

    void finish(Program program) throws IOException {
        executor.finish(new Batch(program, true, false, fault));
    }

    List<BatchResult.Timing> timings() {
        return timings;
    }
}
