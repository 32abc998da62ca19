// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Explanation;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.launch.ContainerExec;
import dev.ipcell.runtime.launch.ExecOptions;
import dev.ipcell.shim.PlanFailedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** {@code ipcell exec}. */
final class ExecCommand implements Command {
    /** Tells a failure of ours from the process's own exit codes, as far as that is possible; runc's. */
    private static final int FAILED = 255;

    @Override
    public String operands() {
        return "CONTAINER [COMMAND [ARG...]]";
    }

    @Override
    public String summary() {
        return "run one more process in a container";
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.valued("process", 'p', "FILE", "the process as JSON, as in config.json"),
                Option.flag("tty", 't', "give it a terminal"),
                Option.flag("detach", 'd', "return when it runs"),
                Option.valued("cwd", (char) 0, "DIR", "its working directory"),
                Option.valued("env", 'e', "NAME=VALUE", "add to its environment; may be repeated"),
                Option.valued("user", 'u', "UID[:GID]", "whom it runs as"),
                Option.valued("additional-gids", 'g', "GID", "add a group; may be repeated"),
                Option.valued("cap", 'c', "CAP_NAME", "add a capability; may be repeated"),
                Option.flag("no-new-privs", (char) 0, "it cannot gain privileges by execve(2)"),
                Option.valued("apparmor", (char) 0, "PROFILE", "the AppArmor profile that confines it"),
                Option.valued("process-label", (char) 0, "LABEL", "its SELinux label"),
                Option.valued("cgroup", (char) 0, "[CTRL:]PATH", "a cgroup below the container's; may be repeated"),
                Option.flag("ignore-paused", (char) 0, "also into a container that is paused"),
                Option.valued("pid-file", (char) 0, "FILE", "write its pid there"),
                Option.valued("console-socket", (char) 0, "SOCKET", "send the terminal's master to who listens there"),
                Option.valued("pidfd-socket", (char) 0, "SOCKET", "send a pidfd of it to who listens there"),
                Option.valued("preserve-fds", (char) 0, "N", "pass N of the caller's descriptors, from 3 on"),
                FaultOption.OPTION);
    }

    @Override
    public int operandsBeforeForeignWords() {
        return 1;
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        try {
            new ContainerExec(call.executor(), parse(call), call.memory()).run();
        } catch (Failure failure) {
            throw new Failure(FAILED, failure.lines());
        } catch (PlanFailedException failed) {
            throw new Failure(FAILED, Explanation.of(failed.failure()).lines());
        }
    }

    private static ExecOptions parse(Call call) throws Failure, PlanFailedException, IOException {
        Arguments arguments = call.arguments();
        List<String> words = arguments.rest();
        if (words.isEmpty()) {
            throw new Failure("the container's ID is missing; " + call.more());
        }
        List<String> command = words.subList(1, words.size());
        String file = arguments.value("process");
        if (file == null && command.isEmpty()) {
            throw new Failure("process args cannot be empty: exec needs a command, or --process");
        }
        ExecOptions.Changes changes = new ExecOptions.Changes(
                command,
                arguments.has("tty"),
                arguments.value("cwd"),
                arguments.values("env"),
                arguments.value("user"),
                arguments.values("additional-gids"),
                separated(arguments.values("cap")),
                arguments.has("no-new-privs"),
                arguments.value("apparmor"),
                arguments.value("process-label"));
        return new ExecOptions(
                ContainerId.checked(words.getFirst()),
                call.root(),
                file,
                changes,
                arguments.has("detach"),
                arguments.has("ignore-paused"),
                arguments.values("cgroup"),
                arguments.value("pid-file"),
                arguments.value("console-socket"),
                arguments.value("pidfd-socket"),
                InheritedDescriptors.count(call),
                CommandLine.log(call.global()),
                FaultOption.of(call));
    }

    private static List<String> separated(List<String> values) {
        List<String> all = new ArrayList<>();
        for (String value : values) {
            all.addAll(List.of(value.split(",", -1)));
        }
        return all;
    }
}
