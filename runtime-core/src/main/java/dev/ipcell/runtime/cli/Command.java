// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.PlanFailedException;
import java.io.IOException;
import java.util.List;

/** One command of ipcell. */
interface Command {

    /** What it is called with, behind the options, such as {@code CONTAINER}. */
    String operands();

    /** What it does, in one line. */
    String summary();

    /** Its options. */
    List<Option> options();

    /** How many operands it takes before words that are not its own, such as a command to run: options end behind these. */
    default int operandsBeforeForeignWords() {
        return Integer.MAX_VALUE;
    }

    /**
     * Does it. The command ends the conversation itself, with its last batch.
     *
     * @throws Failure if it cannot be done
     * @throws PlanFailedException if an operation failed that the command has no better words for
     * @throws IOException if the executor went away
     */
    void run(Call call) throws Failure, PlanFailedException, IOException;
}
