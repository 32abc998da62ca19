// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.lifecycle.ContainerProcesses;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.Program;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** {@code ipcell ps}. */
final class PsCommand implements Command {
    /** Prints the lines of ps(1) whose PID is among those of the first argument. Nothing but what every sh(1) has. */
    private static final String PICK = """
            pids=" $1 "
            shift
            set -f
            text=$(ps "$@" 2>&1) || {
                echo "ipcell: ps: \\"ps $*\\": ${text%%
            *}" >&2
                exit 1
            }
            arguments="$*"
            printf '%s\\n' "$text" | {
                IFS= read -r title
                column=0
                for word in $title; do
                    [ "$word" != PID ] || break
                    column=$((column + 1))
                done
                set -- $title
                if [ $column -eq $# ]; then
                    echo "ipcell: ps: there is no column PID in what \\"ps $arguments\\" prints" >&2
                    exit 1
                fi
                printf '%s\\n' "$title"
                while IFS= read -r line; do
                    set -- $line
                    [ $# -gt $column ] || continue
                    shift $column
                    case "$pids" in *" $1 "*) printf '%s\\n' "$line" ;; esac
                done
            }
            """;

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
    public int operandsBeforeForeignWords() {
        return 1;
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        String format = GlobalOptions.oneOf(call.arguments(), "format", "table", "json");
        List<String> words = call.arguments().rest();
        if (words.isEmpty()) {
            throw new Failure("the container's ID is missing; " + call.more());
        }
        String id = ContainerId.checked(words.getFirst());
        List<Integer> pids = new ContainerProcesses(call.executor(), call.root()).list(id);
        if (format.equals("json")) {
            call.print("[" + joined(pids, ",") + "]\n");
        } else {
            table(call, words.subList(1, words.size()), pids);
        }
    }

    /** The host's ps(1) knows best what a table of processes looks like; those of the container are picked from it. */
    private static void table(Call call, List<String> options, List<Integer> pids)
            throws PlanFailedException, IOException {
        List<String> argv = new ArrayList<>(List.of("sh", "-c", PICK, "ipcell", joined(pids, " ")));
        argv.addAll(options.isEmpty() ? List.of("-ef") : options);
        Program program = new Program();
        program.add("ps", new ChildOp.Exec(argv, List.of(), List.of("/bin/sh"), ChildOp.Exec.OWN_ENVIRONMENT));
        call.executor().run(Batch.of(program));
    }

    private static String joined(List<Integer> pids, String separator) {
        StringBuilder out = new StringBuilder();
        for (Integer pid : pids) {
            out.append(out.isEmpty() ? "" : separator).append(pid.intValue());
        }
        return out.toString();
    }
}
