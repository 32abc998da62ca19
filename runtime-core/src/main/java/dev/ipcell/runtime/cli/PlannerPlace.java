// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.Hello;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the resident planner is, and how its JVM is called.
 *
 * @param socket that the executor calls; it looks for it in the same way
 */
record PlannerPlace(String socket) {
    static final Option SOCKET =
            Option.valued("socket", (char) 0, "PATH", "the planner's socket (default /run/ipcell-planner/socket)");
    static final Option IDLE =
            Option.valued("idle", (char) 0, "SECONDS", "leave after so long without a call (default: stay)");

    private static final String SYSTEM = "/run/ipcell-planner/socket";
    private static final String USER = "/ipcell-planner/socket";
    static final String MAIN = "dev.ipcell.runtime/dev.ipcell.runtime.planner.ResidentPlanner";

    /**
     * The JVM's options: a bounded heap and small stacks; what a large configuration took of the heap goes back to the machine at once,
     * and what threads and the compiler took of the C library's every ten seconds; the collector and the compiler are
     * those that the AOT cache was made with. Methods are compiled early, because each runs a few times in a call.
     */
    private static final List<String> OPTIONS = List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:CompileThresholdScaling=0.1",
            "-XX:-UsePerfData",
            "-Xlog:disable",
            "-Xlog:all=error:stderr",
            "-Xms8m",
            "-Xmx96m",
            "-XX:MaxHeapFreeRatio=40",
            "-XX:-ShrinkHeapInSteps",
            "-Xss512k",
            "-XX:TrimNativeHeapInterval=10000",
            "-XX:ReservedCodeCacheSize=12m",
            "--enable-native-access=dev.ipcell.shim");

    /** The place that the call means. */
    static PlannerPlace of(Call call) throws Failure {
        Hello hello = call.hello();
        String option = call.arguments().value("socket");
        String named = option == null ? hello.variable("IPCELL_PLANNER") : option;
        if (named != null && !named.equals("none")) {
            if (!named.startsWith("/")) {
                throw new Failure("--socket takes an absolute path, not \"" + named + "\"");
            }
            return new PlannerPlace(named);
        }
        if (hello.caller().euid() == 0) {
            return new PlannerPlace(SYSTEM);
        }
        String runtime = hello.variable("XDG_RUNTIME_DIR");
        if (runtime == null) {
            throw new Failure("XDG_RUNTIME_DIR is not set: --socket says where the planner's socket is to be");
        }
        return new PlannerPlace(runtime + USER);
    }

    /** The directory of the socket. */
    String directory() {
        return socket.substring(0, socket.lastIndexOf('/'));
    }

    /** The file that holds the planner's process ID. */
    String pidFile() {
        return directory() + "/pid";
    }

    /** Becomes the planner. */
    ChildOp.Exec exec(Call call, boolean inherited) throws Failure {
        Hello hello = call.hello();
        String executable = hello.executable();
        String prefix = executable.substring(0, executable.lastIndexOf("/bin/"));
        String library = prefix + "/lib/ipcell";
        List<String> argv = new ArrayList<>();
        argv.add("ipcell-planner");
        argv.addAll(OPTIONS);
        argv.add("-XX:AOTCache=" + library + "/ipcell-" + hello.buildId() + ".aot");
        argv.add("-m");
        argv.add(MAIN);
        argv.add(socket);
        argv.add(hello.buildId());
        argv.add(Integer.toString(idleSeconds(call)));
        if (inherited) {
            argv.add("inherited");
        }
        return new ChildOp.Exec(argv, List.of("LC_ALL=C.UTF-8"), List.of(library + "/image/bin/java"), 0);
    }

    private static int idleSeconds(Call call) throws Failure {
        String text = call.arguments().value("idle", "0");
        try {
            int seconds = Integer.parseInt(text);
            if (seconds >= 0) {
                return seconds;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new Failure("--idle takes a number of seconds, not \"" + text + "\"");
    }
}
