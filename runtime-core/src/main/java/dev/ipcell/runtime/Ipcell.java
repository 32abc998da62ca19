// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import dev.ipcell.runtime.failure.Explanation;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.launch.CgroupDriver;
import dev.ipcell.runtime.launch.ContainerLaunch;
import dev.ipcell.runtime.launch.LaunchOptions;
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

/**
 * ipcell inside a Java program: this JVM is the planner, and starts an executor for each container. The JVM itself is never forked,
 * and enters no namespace.
 *
 * <pre>{@code
 * Ipcell ipcell = Ipcell.at(Path.of("/usr/local/bin/ipcell"));
 * try (EmbeddedContainer container = ipcell.run(bundle, "hello")) {
 *     container.stdout().transferTo(System.out);
 *     int status = container.waitFor();
 * }
 * }</pre>
 */
public final class Ipcell {
    private static final String DEFAULT_ROOT = "/run/ipcell";

    private final Path executable;
    private final String stateRoot;

    private Ipcell(Path executable, String stateRoot) {
        this.executable = executable;
        this.stateRoot = stateRoot;
    }

    /** The ipcell whose executor is this file, such as {@code /usr/local/bin/ipcell}. */
    public static Ipcell at(Path executable) {
        return new Ipcell(executable, DEFAULT_ROOT);
    }

    /** The same, but with the state of containers in another directory than {@code /run/ipcell}. */
    public Ipcell withRoot(Path root) {
        return new Ipcell(executable, root.toString());
    }

    /**
     * Launches a container and returns when its process runs; its standard streams are pipes.
     *
     * @param bundle directory with {@code config.json}
     * @param id the container's
     * @throws LaunchException if it cannot be launched; nothing is left behind
     * @throws IOException if the executor cannot be started, or went away
     */
    public EmbeddedContainer run(Path bundle, String id) throws LaunchException, IOException {
        SpawnedExecutor process =
                SpawnedExecutor.start(executable, List.of(), Map.of(), Stdio.PIPE, Stdio.PIPE, Stdio.PIPE);
        boolean launched = false;
        try {
            Executor executor = new Executor(process.input(), process.output());
            launch(
                    executor,
                    LaunchOptions.foreground(bundle.toAbsolutePath().toString(), id, stateRoot, CgroupDriver.CGROUPFS));
            launched = true;
            return new EmbeddedContainer(id, process);
        } finally {
            if (!launched) {
                process.close();
            }
        }
    }

    private static void launch(Executor executor, LaunchOptions options) throws LaunchException, IOException {
        try {
            new ContainerLaunch(executor, options, null).run();
        } catch (Failure failure) {
            throw refused(executor, failure);
        } catch (PlanFailedException failed) {
            throw refused(executor, Explanation.of(failed.failure()));
        }
    }

    private static LaunchException refused(Executor executor, Failure failure) throws IOException {
        Program program = new Program();
        program.add("the end", new ProcessOp.Exit(failure.exitCode()));
        executor.finish(program);
        return new LaunchException(failure.lines(), failure.exitCode());
    }
}
