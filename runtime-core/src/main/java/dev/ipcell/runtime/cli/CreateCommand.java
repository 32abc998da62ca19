// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.launch.ContainerLaunch;
import dev.ipcell.runtime.launch.LaunchOptions.End;
import dev.ipcell.shim.PlanFailedException;
import java.io.IOException;
import java.util.List;

/** {@code ipcell create}. */
final class CreateCommand implements Command {
    @Override
    public String operands() {
        return "CONTAINER";
    }

    @Override
    public String summary() {
        return "set a container up; start lets it run";
    }

    @Override
    public List<Option> options() {
        return LaunchArguments.and(Option.flag("detach", 'd', "accepted for compatibility: create always detaches"));
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        new ContainerLaunch(call.executor(), LaunchArguments.parse(call, End.CREATED, false), call.memory()).run();
    }
}
