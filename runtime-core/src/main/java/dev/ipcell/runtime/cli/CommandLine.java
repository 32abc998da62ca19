// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Explanation;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.failure.Log;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers a call: finds the command, has it done, and tells what went wrong. */
public final class CommandLine {
    /** {@code O_WRONLY | O_CREAT | O_APPEND}. */
    private static final int APPEND = 02101;

    private static final int LOG_MODE = 0644;

    static final List<Option> GLOBAL = List.of(
            Option.valued("root", (char) 0, "DIR", "where the state of containers is kept (default /run/ipcell)"),
            Option.valued("log", (char) 0, "FILE", "append errors to this file too"),
            Option.valued("log-format", (char) 0, "text|json", "how (default text)"),
            Option.valued("cgroup-manager", (char) 0, "cgroupfs|disabled", "who makes cgroups (default cgroupfs)"),
            Option.flag("systemd-cgroup", (char) 0, "refused: the systemd driver is not supported yet"),
            Option.valued("rootless", (char) 0, "auto|true|false", "accepted; only root can launch containers yet"),
            Option.flag("debug", (char) 0, "tell where in ipcell an internal error arose"),
            Option.flag("help", 'h', "show this"),
            Option.flag("version", 'v', "show the version"));

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
        Arguments global = null;
        try {
            global = Arguments.parse(executor.hello().arguments(), GLOBAL);
            answer(executor, global, resident);
        } catch (Failure failure) {
            tell(executor, global, failure);
        } catch (PlanFailedException failed) {
            tell(executor, global, Explanation.of(failed.failure()));
        } catch (RuntimeException defect) {
            tell(executor, global, internal(defect, global != null && global.has("debug")));
        }
    }

    private static void answer(Executor executor, Arguments global, @Nullable Resident resident)
            throws Failure, PlanFailedException, IOException {
        List<String> words = global.rest();
        if (global.has("version")) {
            new Call(executor, global, global, resident)
                    .print(Version.text(executor.hello().buildId()));
            return;
        }
        if (global.has("help") || words.isEmpty()) {
            new Call(executor, global, global, resident).print(Help.text());
            return;
        }
        String format = global.value("log-format", "text");
        if (!format.equals("text") && !format.equals("json")) {
            throw new Failure("--log-format must be text or json, not \"" + format + "\"");
        }
        String manager = global.value("cgroup-manager", "cgroupfs");
        if (global.has("systemd-cgroup") || manager.equals("systemd")) {
            throw new Failure("the systemd cgroup driver is not supported yet; use the cgroupfs driver");
        }
        if (!manager.equals("cgroupfs") && !manager.equals("disabled")) {
            throw new Failure("--cgroup-manager must be cgroupfs or disabled, not \"" + manager + "\"");
        }
        if (global.has("debug") && resident == null) {
            tellCold(executor, global);
        }
        Commands.Found found = Commands.find(words);
        Arguments arguments = Arguments.parse(found.words(), found.command().options());
        if (arguments.has("help")) {
            new Call(executor, global, arguments, resident).print(Help.text(found.name(), found.command()));
            return;
        }
        found.command().run(new Call(executor, global, arguments, resident));
    }

    /** Why this call did not go the warm way; never into the answer that an engine reads, if it has given us a log. */
    private static void tellCold(Executor executor, Arguments global) throws PlanFailedException, IOException {
        String why = executor.hello().variable("IPCELL_COLD");
        Log log = log(global);
        List<String> lines = List.of("no resident planner: " + why);
        FileOp telling = log.file() == null
                ? new FileOp.Output(2, utf8(Log.text("debug", lines)))
                : new FileOp.WriteFile(Slot.CWD, log.file(), APPEND, LOG_MODE, 0, log.entries("debug", lines));
        Program program = new Program();
        program.add(Step.optional("--debug", telling));
        executor.run(Batch.of(program));
    }

    private static Failure internal(RuntimeException defect, boolean debug) {
        if (!debug) {
            return new Failure("internal error: " + defect + "; --debug shows where");
        }
        StringWriter trace = new StringWriter();
        defect.printStackTrace(new PrintWriter(trace));
        return new Failure("internal error: " + trace);
    }

    private static void tell(Executor executor, @Nullable Arguments global, Failure failure) throws IOException {
        Program program = new Program();
        program.add("the error", new FileOp.Output(2, utf8(Log.text("error", failure.lines()))));
        Log log = global == null ? new Log(null, false) : log(global);
        if (log.file() != null) {
            byte[] entries = log.entries("error", failure.lines());
            program.add(
                    Step.optional("--log", new FileOp.WriteFile(Slot.CWD, log.file(), APPEND, LOG_MODE, 0, entries)));
        }
        program.add("the end", new ProcessOp.Exit(failure.exitCode()));
        executor.finish(program);
    }

    /** What the global options say of it. */
    static Log log(Arguments global) {
        return new Log(global.value("log"), global.value("log-format", "text").equals("json"));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
