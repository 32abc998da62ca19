// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.launch.ContainerLaunch;
import dev.ipcell.runtime.launch.LaunchOptions;
import dev.ipcell.runtime.launch.PlanListing;
import dev.ipcell.shim.PlanFailedException;
import java.io.IOException;
import java.util.List;

/** {@code ipcell plan}. */
final class PlanCommand implements Command {
    @Override
    public String operands() {
        return "[CONTAINER]";
    }

    @Override
    public String summary() {
        return "show what run would do, operation by operation, and change nothing";
    }

    @Override
    public List<Option> options() {
        return List.of(
                LaunchArguments.BUNDLE, Option.valued("format", 'f', "text|json", "how to print it (default text)"));
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        List<String> operands = call.arguments().rest();
        String id = ContainerId.checked(operands.isEmpty() ? "CONTAINER" : call.operand("the container's ID"));
        String format = GlobalOptions.oneOf(call.arguments(), "format", "text", "json");
        String bundle = call.arguments().value("bundle", ".");
        List<PlanListing.Part> parts = ContainerLaunch.plan(
                call.executor(),
                LaunchOptions.foreground(bundle, id, call.root(), LaunchArguments.driver(call)),
                call.memory());
        call.print(format.equals("json") ? PlanListing.json(parts) : PlanListing.text(parts));
    }
}
