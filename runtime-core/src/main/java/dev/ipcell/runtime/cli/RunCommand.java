// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.launch.ContainerLaunch;
import dev.ipcell.runtime.launch.LaunchOptions.End;
import dev.ipcell.shim.PlanFailedException;
import java.io.IOException;
import java.util.List;

/** {@code ipcell run}. */
final class RunCommand implements Command {
    @Override
    public String operands() {
        return "CONTAINER";
    }

    @Override
    public String summary() {
        return "run a container and, unless detached, exit with its status";
    }

    @Override
    public List<Option> options() {
        return LaunchArguments.and(
                Option.flag("detach", 'd', "return when the container runs"),
                Option.flag("keep", (char) 0, "keep the stopped container, instead of deleting it"),
                Option.flag("no-subreaper", (char) 0, "accepted for compatibility: ipcell adopts nobody's children"));
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        End end = call.arguments().has("detach") ? End.DETACHED : End.FOREGROUND;
        new ContainerLaunch(
                        call.executor(),
                        LaunchArguments.parse(call, end, call.arguments().has("keep")),
                        call.memory())
                .run();
    }
}
