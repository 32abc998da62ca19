// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.launch.IpcEntry;
import dev.ipcell.shim.PlanFailedException;
import java.io.IOException;
import java.util.List;

/** {@code ipcell ipc exec}: a command of the host's in another process's IPC namespace. */
final class IpcExecCommand implements Command {
    @Override
    public String operands() {
        return "PID|PATH [--] [COMMAND [ARG...]]";
    }

    @Override
    public String summary() {
        return "run a command (default: a shell) in a process's IPC namespace, or the one at a path";
    }

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public int operandsBeforeForeignWords() {
        return 1;
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        List<String> words = call.arguments().rest();
        if (words.isEmpty()) {
            throw new Failure("the PID, or the path of an ipc namespace, is missing; " + call.more());
        }
        new IpcEntry(call.executor()).exec(words.getFirst(), words.subList(1, words.size()));
    }
}
