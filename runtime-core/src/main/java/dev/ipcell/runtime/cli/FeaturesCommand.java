// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.launch.Features;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.spec.JsonWriter;
import java.io.IOException;
import java.util.List;

/** {@code ipcell features}. */
final class FeaturesCommand implements Command {
    @Override
    public String operands() {
        return "";
    }

    @Override
    public String summary() {
        return "print as JSON what this runtime can do";
    }

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        call.noMoreThan(0);
        call.print(JsonWriter.pretty(Features.document(call.hello().buildId())) + "\n");
    }
}
