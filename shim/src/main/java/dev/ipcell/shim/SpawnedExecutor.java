// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import dev.ipcell.shim.linux.Errno;
import dev.ipcell.shim.linux.Fd;
import dev.ipcell.shim.linux.Processes;
import dev.ipcell.shim.linux.Sockets;
import dev.ipcell.shim.linux.SyscallException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An executor that this JVM has started, and whose planner it is. The JVM itself is never forked: posix_spawn(3) starts
 * the program with one end of a socket, and nothing else of this process.
 */
public final class SpawnedExecutor implements AutoCloseable {
    private static final int PLANNER_FD = 3;
    private static final int SIGKILL = 9;
    private static final int RUNNING = -1;

    private final int pid;
    private final Fd planner;
    private final Pipes pipes;
    private int exitCode = RUNNING;

    private SpawnedExecutor(int pid, Fd planner, Pipes pipes) {
        this.pid = pid;
        this.planner = planner;
        this.pipes = pipes;
    }

    /** What a standard stream of the executor is. */
    public enum Stdio {
        /** The same as this JVM's. */
        INHERIT,
        /** {@code /dev/null}. */
        NULL,
        /** A pipe to this JVM. */
        PIPE
    }

    /**
     * Starts an executor.
     *
     * @param executable the executor's binary
     * @param args its arguments, after its own name and the option that tells it of the socket
     * @param environment its whole environment
     * @throws IOException if it cannot be started
     * @throws IllegalArgumentException if an argument or a variable has a NUL inside
     */
    public static SpawnedExecutor start(
            Path executable, List<String> args, Map<String, String> environment, Stdio in, Stdio out, Stdio err)
            throws IOException {
        List<String> argv = new ArrayList<>(args.size() + 2);
        argv.add(executable.toString());
        argv.add("--planner-fd=" + PLANNER_FD);
        argv.addAll(args);
        List<String> variables = new ArrayList<>(environment.size());
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            variables.add(variable.getKey() + "=" + variable.getValue());
        }
        Pipes pipes = new Pipes();
        List<Fd> pair = Sockets.pair();
        Fd ours = pair.get(0);
        try (Fd theirs = pair.get(1)) {
            pipes.open(List.of(in, out, err));
            pipes.child.put(PLANNER_FD, theirs);
            int pid = Processes.spawn(executable.toString(), argv, variables, pipes.child);
            SpawnedExecutor started = new SpawnedExecutor(pid, ours, pipes);
            pipes.closeChildEnds();
            return started;
        } catch (IOException | RuntimeException e) {
            ours.close();
            pipes.closeChildEnds();
            pipes.close();
            throw e;
        }
    }

    /** What the executor tells its planner. */
    public InputStream input() {
        return planner.in();
    }

    /** What the planner tells the executor; one that is gone is an {@link IOException}. */
    public OutputStream output() {
        return planner.socketOut();
    }

    /** The pipe to its standard input. */
    public OutputStream stdin() {
        return pipes.parent(0).out();
    }

    /** The pipe from its standard output. */
    public InputStream stdout() {
        return pipes.parent(1).in();
    }

    /** The pipe from its standard error. */
    public InputStream stderr() {
        return pipes.parent(2).in();
    }

    /** Its process id. */
    public long pid() {
        return pid;
    }

    /**
     * Waits until it has ended.
     *
     * @return its exit code, or 128 and the number of the signal that killed it
     */
    public int waitFor() throws IOException {
        synchronized (this) {
            if (exitCode != RUNNING) {
                return exitCode;
            }
        }
        try {
            Processes.awaitEnd(pid);
        } catch (SyscallException e) {
            if (e.errno() != Errno.ECHILD) { // another thread has taken it off the process table already
                throw e;
            }
        }
        synchronized (this) {
            if (exitCode == RUNNING) {
                exitCode = Processes.reap(pid);
            }
            return exitCode;
        }
    }

    /**
     * Kills it with SIGKILL; a no-op once {@link #waitFor} has returned, so that no stranger with its number is hit.
     */
    public synchronized void kill() throws IOException {
        if (exitCode == RUNNING) {
            Processes.kill(pid, SIGKILL);
        }
    }

    /**
     * Closes the socket and the pipes. An executor whose plan is not finished undoes it and ends; {@link #waitFor}
     * waits for that.
     */
    @Override
    public void close() throws IOException {
        try {
            planner.close();
        } finally {
            pipes.close();
        }
    }

    /** The standard streams' two ends. */
    private static final class Pipes {
        private final Map<Integer, Fd> child = new LinkedHashMap<>();
        private final Map<Integer, Fd> parent = new LinkedHashMap<>();

        void open(List<Stdio> streams) throws IOException {
            for (int i = 0; i < streams.size(); i++) {
                if (streams.get(i) == Stdio.NULL) {
                    child.put(i, Fd.open(Path.of("/dev/null"), Fd.O_RDWR));
                } else if (streams.get(i) == Stdio.PIPE) {
                    List<Fd> pipe = Sockets.pipe();
                    child.put(i, pipe.get(i == 0 ? 0 : 1));
                    parent.put(i, pipe.get(i == 0 ? 1 : 0));
                }
            }
        }

        Fd parent(int stream) {
            @Nullable Fd fd = parent.get(stream);
            if (fd == null) {
                throw new IllegalStateException("standard stream " + stream + " is no pipe");
            }
            return fd;
        }

        void closeChildEnds() throws IOException {
            for (Fd fd : child.values()) {
                fd.close();
            }
        }

        void close() throws IOException {
            for (Fd fd : parent.values()) {
                fd.close();
            }
        }
    }
}
