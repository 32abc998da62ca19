// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.lifecycle.ContainerEvents;
import dev.ipcell.shim.PlanFailedException;
import java.io.IOException;
import java.util.List;

/** {@code ipcell events}. */
final class EventsCommand implements Command {
    @Override
    public String operands() {
        return "CONTAINER";
    }

    @Override
    public String summary() {
        return "tell what a container uses, and when it runs out of memory";
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.flag("stats", (char) 0, "only once what it uses"),
                Option.valued("interval", (char) 0, "DURATION", "between two statistics, such as 5s (default)"));
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        String given = call.arguments().given("interval");
        long interval = Durations.millis("--interval", given == null ? "5s" : given);
        ContainerEvents events = new ContainerEvents(call.executor(), call.root());
        if (call.arguments().has("stats")) {
            events.once(call.id());
        } else {
            events.follow(call.id(), interval);
        }
    }
}
