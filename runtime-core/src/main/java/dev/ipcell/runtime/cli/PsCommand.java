// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.lifecycle.ContainerProcesses;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** {@code ipcell ps}. */
final class PsCommand implements Command {
    @Override
    public String operands() {
        return "CONTAINER [PS-OPTION...]";
    }

    @Override
    public String summary() {
        return "list the processes of a container";
    }

    @Override
    public List<Option> options() {
        return List.of(Option.valued("format", 'f', "table|json", "a table by ps(1) (default), or pids as JSON"));
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        String format = call.arguments().value("format", "table");
        if (!format.equals("table") && !format.equals("json")) {
            throw new Failure("--format must be table or json, not \"" + format + "\"");
        }
        List<String> words = call.arguments().rest();
        if (words.isEmpty()) {
            throw new Failure("the container's ID is missing; see ipcell ps --help");
        }
        String id = ContainerId.checked(words.getFirst());
        List<Integer> pids = new ContainerProcesses(call.executor(), call.root()).list(id);
        if (format.equals("json")) {
            call.print("[" + joined(pids) + "]\n");
        } else {
            table(call, words.subList(1, words.size()), pids);
        }
    }

    /** The host's ps(1) knows best what a table of processes looks like. */
    private static void table(Call call, List<String> options, List<Integer> pids)
            throws PlanFailedException, IOException {
        List<String> argv = new ArrayList<>();
        argv.add("ps");
        argv.addAll(options.isEmpty() ? List.of("-f") : options);
        // No process has this number, one beyond the largest (proc_sys_kernel(5)): it leaves just the heading.
        argv.addAll(List.of("-p", pids.isEmpty() ? "4194305" : joined(pids)));
        Program program = new Program();
        program.add(
                "ps",
                new ProcessOp.Exec(argv, List.of(), List.of("/usr/bin/ps", "/bin/ps"), ProcessOp.Exec.OWN_ENVIRONMENT));
        call.executor().run(Batch.of(program));
    }

    private static String joined(List<Integer> pids) {
        StringBuilder out = new StringBuilder();
        for (Integer pid : pids) {
            out.append(out.isEmpty() ? "" : ",").append(pid.intValue());
        }
        return out.toString();
    }
}
