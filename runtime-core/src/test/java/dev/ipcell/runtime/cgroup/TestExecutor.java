// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.shim.Batch;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.SpawnedExecutor;
import dev.ipcell.shim.SpawnedExecutor.Stdio;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A real executor, built with sanitizers; what it did is undone at the end. */
final class TestExecutor implements AutoCloseable {
    private static final String PROPERTY = "ipcell.executor.sanitized";

    private final SpawnedExecutor spawned;
    private final Executor executor;

    TestExecutor() throws IOException {
        String binary = System.getProperty(PROPERTY, "");
        if (binary.isEmpty()) {
            throw new IllegalStateException(PROPERTY + " is not set: run the tests by make test");
        }
        spawned = SpawnedExecutor.start(Path.of(binary), List.of(), Map.of(), Stdio.NULL, Stdio.INHERIT, Stdio.INHERIT);
        executor = new Executor(spawned.input(), spawned.output());
    }

    BatchResult run(Program program) throws IOException, PlanFailedException {
        return executor.run(Batch.of(program));
    }

    @Override
    public void close() throws IOException {
        Program end = new Program();
        end.add("a test", new ProcessOp.Unwind());
        end.add("a test", new ProcessOp.Exit(0));
        executor.finish(end);
        int exit = spawned.waitFor();
        spawned.close();
        if (exit != 0) {
            throw new IllegalStateException("the executor ended with " + exit);
        }
    }
}
