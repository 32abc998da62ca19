// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.launch.PlannerMemory;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Hello;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call of a command.
 *
 * @param executor that asked, and will carry the plan out
 * @param name the command's
 * @param global the options before the command's name
 * @param arguments the command's own
 * @param resident the planner that answers, if it is one that stays; null in a JVM for this call alone
 */
record Call(
        Executor executor,
        String name,
        Arguments global,
        Arguments arguments,
        @Nullable Resident resident) {
    private static final String ROOT = "/run/ipcell";

    /** Who calls, from where. */
    Hello hello() {
        return executor.hello();
    }

    /** What is remembered of other calls; null if this call is the only one. */
    @Nullable
    PlannerMemory memory() {
        return resident == null ? null : resident.memory();
    }

    /** The directory that holds the state of containers, as an absolute path. */
    String root() {
        String home = hello().caller().euid() == 0 ? null : hello().variable("XDG_RUNTIME_DIR");
        String root = global.value("root", home == null ? ROOT : home + "/ipcell");
        return root.startsWith("/") ? root : hello().cwd() + "/" + root;
    }

    /** True if the caller wants to see what happens inside. */
    boolean debug() {
        return global.has("debug");
    }

    /** The only operand of a command that takes just one. */
    String operand(String what) throws Failure {
        List<String> operands = arguments.rest();
        if (operands.isEmpty()) {
            throw new Failure(what + " is missing; " + more());
        }
        noMoreThan(1);
        return operands.getFirst();
    }

    /** The command takes so many operands, and there is none more. */
    void noMoreThan(int count) throws Failure {
        List<String> operands = arguments.rest();
        if (operands.size() > count) {
            throw new Failure("\"" + operands.get(count) + "\" is one word too many; " + more());
        }
    }

    /** Where to find out what is right. */
    String more() {
        return "see ipcell " + name + " --help";
    }

    /** The container's ID as the only operand. */
    String id() throws Failure {
        return ContainerId.checked(operand("the container's ID"));
    }

    /** Ends the call with a text on standard output. */
    void print(String text) throws IOException {
        Program program = new Program();
        program.add("the answer", new FileOp.Output(1, text.getBytes(StandardCharsets.UTF_8)));
        program.add("the end", new ProcessOp.Exit(0));
        executor.finish(program);
    }
}
