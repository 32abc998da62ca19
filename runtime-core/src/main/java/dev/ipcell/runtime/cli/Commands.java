// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import java.util.List;

/** The list of commands. */
final class Commands {
    static final List<String> NAMES = List.of(
            "create",
            "start",
            "run",
            "exec",
            "state",
            "kill",
            "pause",
            "resume",
            "ps",
            "events",
            "update",
            "delete",
            "list",
            "features",
            "spec",
            "plan",
            "ipc unshare",
            "ipc exec",
            "planner start",
            "planner stop",
            "planner status",
            "planner run",
            "help");

    private Commands() {}

    /**
     * A command that was called.
     *
     * @param name as it was called
     * @param words what followed the name
     */
    record Found(String name, Command command, List<String> words) {}

    static Found find(List<String> words) throws Failure {
        String first = words.getFirst();
        List<String> rest = words.subList(1, words.size());
        if (!rest.isEmpty() && isHelp(rest.getFirst()) && !begins(first)) {
            throw noTopic(first);
        }
        if (isGroup(first)) {
            boolean named = !rest.isEmpty() && !rest.getFirst().startsWith("-");
            String name = named ? first + " " + rest.getFirst() : first;
            return new Found(name, command(name), named ? rest.subList(1, rest.size()) : rest);
        }
        return new Found(first, command(first), rest);
    }

    /** True for a word that only begins the name of a command. */
    static boolean isGroup(String word) {
        return word.equals("ipc") || word.equals("planner");
    }

    /** True for the first word of a command, also of one that is refused. */
    static boolean begins(String word) {
        return isGroup(word) || NAMES.contains(word) || word.equals("checkpoint") || word.equals("restore");
    }

    /** Only the command that was called is loaded. */
    static Command command(String name) throws Failure {
        return switch (name) {
            case "create" -> new CreateCommand();
            case "start" -> new StartCommand();
            case "run" -> new RunCommand();
            case "exec" -> new ExecCommand();
            case "state" -> new StateCommand();
            case "kill" -> new KillCommand();
            case "pause" -> new PauseCommand();
            case "resume" -> new ResumeCommand();
            case "ps" -> new PsCommand();
            case "events" -> new EventsCommand();
            case "update" -> new UpdateCommand();
            case "features" -> new FeaturesCommand();
            case "delete" -> new DeleteCommand();
            case "list" -> new ListCommand();
            case "plan" -> new PlanCommand();
            case "spec" -> new SpecCommand();
            case "ipc unshare" -> new IpcUnshareCommand();
            case "ipc exec" -> new IpcExecCommand();
            case "planner start" -> new PlannerStartCommand();
            case "planner stop" -> new PlannerStopCommand();
            case "planner status" -> new PlannerStatusCommand();
            case "planner run" -> new PlannerRunCommand();
            case "ipc", "planner" -> new GroupCommand(name);
            case "help" -> new HelpCommand();
            case "checkpoint", "restore" ->
                throw new Failure(name + " is not supported: ipcell does not save containers");
            default -> throw unknown(name);
        };
    }

    private static Failure unknown(String name) {
        return new Failure("unknown command \"" + name + "\"" + nearest(name));
    }

    /** In the words of runc and crun. */
    static Failure noTopic(String name) {
        return new Failure("No help topic for '" + name + "'" + nearest(name));
    }

    private static String nearest(String name) {
        String nearest = Nearest.of(name, NAMES);
        return (nearest == null ? "; " : ", did you mean " + nearest + "? ") + "see ipcell help";
    }

    private static boolean isHelp(String word) {
        return word.equals("-h") || word.equals("-help") || word.equals("--help");
    }
}
