// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import java.io.IOException;
import java.util.List;

/** {@code ipcell planner status}. */
final class PlannerStatusCommand implements Command {
    @Override
    public String operands() {
        return "";
    }

    @Override
    public String summary() {
        return "tell how the resident planner is";
    }

    @Override
    public List<Option> options() {
        return List.of();
    }

    /** Whoever answers this call is the one that it is about. */
    @Override
    public void run(Call call) throws Failure, IOException {
        call.noMoreThan(0);
        Resident resident = call.resident();
        if (resident == null) {
            String why = call.hello().variable("IPCELL_COLD");
            throw new Failure("no resident planner answers" + (why == null ? "" : ": " + why)
                    + "; ipcell planner start starts one");
        }
        call.print(resident.status());
    }
}
