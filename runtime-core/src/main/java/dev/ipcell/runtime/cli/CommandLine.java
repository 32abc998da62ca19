// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Explanation;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.failure.Log;
import dev.ipcell.runtime.notify.NotifySocket;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Hello;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.linux.Errno;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Answers a call: finds the command, has it done, and tells what went wrong. */
public final class CommandLine {
    private CommandLine() {}

    /**
     * Answers the executor's call.
     *
     * @throws IOException if the executor went away
     */
    public static void serve(Executor executor) throws IOException {
        serve(executor, null);
    }

    /**
     * The same by a planner that stays.
     *
     * @throws IOException if the executor went away
     */
    public static void serve(Executor executor, @Nullable Resident resident) throws IOException {
        Arguments global = new Arguments();
        try {
            answer(executor, global, resident);
        } catch (Failure failure) {
            tell(executor, global, failure);
        } catch (PlanFailedException failed) {
            tell(executor, global, Explanation.of(failed.failure()));
        } catch (RuntimeException defect) {
            tell(executor, global, internal(defect, global.has("debug")));
        } catch (OutOfMemoryError full) {
            tell(executor, global, new Failure("the planner has not the memory for this call: its input is too large"));
        }
    }

    /** Why a call needs a planner of its own; null if it does not. */
    public static @Nullable String objection(Hello hello) {
        if (!NotifySocket.isSet(hello)) {
            return null;
        }
        try {
            List<String> words = ArgumentParser.global(hello.arguments(), new Arguments());
            String command = words.isEmpty() ? "" : words.getFirst();
            boolean waits = command.equals("run") || command.equals("start");
            return waits ? command + " waits, by NOTIFY_SOCKET, until the container is ready" : null;
        } catch (Failure wrong) {
            return null; // which any planner can tell
        }
    }

    private static void answer(Executor executor, Arguments global, @Nullable Resident resident)
            throws Failure, PlanFailedException, IOException {
        if (resident != null) {
            resident.prepare(executor);
        }
        List<String> words = ArgumentParser.global(executor.hello().arguments(), global);
        if (global.has("version")) {
            new Call(executor, "", global, global, resident)
                    .print(Version.text(executor.hello().buildId()));
            return;
        }
        if (words.isEmpty()) {
            new Call(executor, "", global, global, resident).print(Help.text());
            return;
        }
        executor.inject(FaultOption.parse(global.value(FaultOption.OPTION.name())));
        Commands.Found found = Commands.find(words);
        Call call = new Call(executor, found.name(), global, ArgumentParser.command(found, global), resident);
        if (global.has("help")) {
            call.print(Help.text(found.name(), found.command()));
            return;
        }
        GlobalOptions.check(call);
        if (global.has("debug")) {
            DebugLog.begin(call);
        }
        found.command().run(call);
    }

    private static Failure internal(RuntimeException defect, boolean debug) {
        if (!debug) {
            return new Failure("internal error: " + defect + "; --debug shows where");
        }
        StringWriter trace = new StringWriter();
        defect.printStackTrace(new PrintWriter(trace));
        return new Failure("internal error: " + trace);
    }

    private static void tell(Executor executor, Arguments global, Failure failure) throws IOException {
        List<String> lines = new ArrayList<>(failure.lines());
        Log log = log(global);
        if (log.file() != null) {
            int errno = write(executor, log, failure.lines());
            if (errno != 0) {
                lines.add("--log " + log.file() + ": " + Errno.text(errno) + " (" + Errno.name(errno)
                        + "): this is told here only");
            }
        }
        Program program = new Program();
        program.add("the error", new FileOp.Output(2, Log.text("error", lines).getBytes(StandardCharsets.UTF_8)));
        program.add("the end", new ProcessOp.Exit(failure.exitCode()));
        executor.finish(program);
    }

    /** Writes an error to the log; what kept it from that, or 0. */
    private static int write(Executor executor, Log log, List<String> lines) throws IOException {
        Program program = new Program();
        Step write = program.add(Step.optional(
                "--log",
                new FileOp.WriteFile(
                        Slot.CWD,
                        Objects.requireNonNull(log.file()),
                        DebugLog.APPEND,
                        DebugLog.LOG_MODE,
                        0,
                        log.entries("error", lines))));
        try {
            return executor.run(Batch.of(program)).errno(write);
        } catch (PlanFailedException interrupted) {
            return interrupted.failure().errno();
        }
    }

    /** What the global options say of it. */
    static Log log(Arguments global) {
        return new Log(global.value("log"), global.value("log-format", "text").equals("json"));
    }
}
