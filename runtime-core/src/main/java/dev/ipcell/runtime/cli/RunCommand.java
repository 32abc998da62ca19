// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.launch.ForegroundRun;
import dev.ipcell.shim.PlanFailedException;
import java.io.IOException;
import java.util.List;

/** {@code ipcell run}. */
final class RunCommand implements Command {
    static final Option BUNDLE =
            Option.valued("bundle", 'b', "DIR", "directory with config.json (default: the working directory)");

    @Override
    public String operands() {
        return "CONTAINER";
    }

    @Override
    public String summary() {
        return "run a container in the foreground and exit with its status";
    }

    @Override
    public List<Option> options() {
        return List.of(
                BUNDLE,
                Option.valued("pid-file", (char) 0, "FILE", "write the container's pid there"),
                Option.valued("trace", (char) 0, "FILE", "write each operation's time there, as Chrome trace events"),
                // For the tests of what is left behind; deliberately not in the help text.
                Option.valued("inject-fault", (char) 0, "ACTION@OP[:ERRNO]", ""));
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        String id = ContainerId.checked(call.operand("the container's ID"));
        ForegroundRun.Options options = new ForegroundRun.Options(
                call.arguments().value("bundle", "."),
                id,
                call.root(),
                call.arguments().value("pid-file"),
                call.arguments().value("trace"),
                FaultOption.parse(call.arguments().value("inject-fault")));
        new ForegroundRun(call.executor(), options).run();
    }
}
