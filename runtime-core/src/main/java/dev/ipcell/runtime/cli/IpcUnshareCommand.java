// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.launch.IpcEntry;
import dev.ipcell.shim.PlanFailedException;
import java.io.IOException;
import java.util.List;

/** {@code ipcell ipc unshare}: the smallest use of an IPC namespace, as {@code unshare --ipc}, but with its message queues visible. */
final class IpcUnshareCommand implements Command {
    @Override
    public String operands() {
        return "[--] [COMMAND [ARG...]]";
    }

    @Override
    public String summary() {
        return "run a command (default: a shell) in a new IPC namespace with its own /dev/mqueue";
    }

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public int operandsBeforeForeignWords() {
        return 0;
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        new IpcEntry(call.executor()).unshare(call.arguments().rest());
    }
}
