// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes a command line apart. Long names may have one dash or two (containerd's shim writes {@code -no-subreaper}), a value may follow
 * as its own word or behind {@code =}, short flags may be joined. Options may stand among the operands until there are as many of these
 * as the command takes for itself, until {@code --}, or until a dash that no letter follows; what comes then is for the command.
 */
final class ArgumentParser {
    private final List<String> words;
    private final List<Option> options;
    private final List<Option> shared;
    private final Arguments global;
    private final String help;
    private final Arguments own;
    private int at;

    /** What was wrong first. The rest is read all the same: it may say where the caller looks for errors. */
    private @Nullable Failure wrong;

    private ArgumentParser(
            List<String> words,
            List<Option> options,
            Arguments own,
            List<Option> shared,
            Arguments global,
            String help) {
        this.words = words;
        this.options = options;
        this.own = own;
        this.shared = shared;
        this.global = global;
        this.help = help;
    }

    /** The options before the command's name go to {@code global}, also those behind a wrong one; the rest is returned. */
    static List<String> global(List<String> words, Arguments global) throws Failure {
        ArgumentParser parser =
                new ArgumentParser(words, GlobalOptions.ALL, global, List.of(), global, "see ipcell help");
        parser.parse(0);
        return global.rest();
    }

    /**
     * The words of a command. Global options are taken there too.
     *
     * @throws Failure for an unknown option, or one whose value is missing or none
     */
    static Arguments command(Commands.Found found, Arguments global) throws Failure {
        Arguments own = new Arguments();
        String help = "see ipcell " + found.name() + " --help";
        Command command = found.command();
        new ArgumentParser(found.words(), command.options(), own, GlobalOptions.ANYWHERE, global, help)
                .parse(command.operandsBeforeForeignWords());
        return own;
    }

    private void parse(int operands) throws Failure {
        boolean more = true;
        while (more && at < words.size()) {
            String word = words.get(at);
            if (word.equals("--")) {
                at++;
                more = false;
            } else if (isOption(word)) {
                tolerantly(word);
            } else if (word.startsWith("-") || operands == 0) {
                more = false;
            } else {
                own.operand(word);
                at++;
                more = own.rest().size() < operands;
                at += !more && at < words.size() && words.get(at).equals("--") ? 1 : 0;
            }
        }
        while (at < words.size()) {
            own.operand(words.get(at));
            at++;
        }
        if (wrong != null) {
            throw wrong;
        }
    }

    private void tolerantly(String word) {
        try {
            option(word);
        } catch (Failure failure) {
            wrong = wrong == null ? failure : wrong;
            at++;
            // An unknown option may have a value, which ends the options before a command as little as the option does.
            if (shared.isEmpty() && at < words.size() && !isOption(words.get(at)) && !Commands.begins(words.get(at))) {
                at++;
            }
        }
    }

    private static boolean isOption(String word) {
        return word.length() > 1
                && word.charAt(0) == '-'
                && (word.charAt(1) == '-' || Character.isLetter(word.charAt(1)));
    }

    private void option(String word) throws Failure {
        String body = word.startsWith("--") ? word.substring(2) : word.substring(1);
        int equals = body.indexOf('=');
        String name = equals < 0 ? body : body.substring(0, equals);
        Option option = find(name);
        if (option == null) {
            if (word.startsWith("--") || equals >= 0 || name.length() == 1) {
                throw unknown(word);
            }
            letters(word, name);
        } else if (option.value() == null) {
            put(option, equals < 0 ? "true" : truth(word, body.substring(equals + 1)));
        } else if (equals >= 0) {
            put(option, body.substring(equals + 1));
        } else if (at + 1 == words.size()) {
            throw new Failure("flag needs an argument: " + word);
        } else {
            at++;
            put(option, words.get(at));
        }
        at++;
    }

    /** {@code -it}: several flags in one word. */
    private void letters(String word, String letters) throws Failure {
        for (int i = 0; i < letters.length(); i++) {
            Option option = find(letters.substring(i, i + 1));
            if (option == null || option.value() != null) {
                throw unknown(word);
            }
            put(option, "true");
        }
    }

    /** As Go's {@code strconv.ParseBool} reads it, and runc with it. */
    private static String truth(String word, String value) throws Failure {
        return switch (value) {
            case "1", "t", "T", "true", "TRUE", "True" -> "true";
            case "0", "f", "F", "false", "FALSE", "False" -> "false";
            default -> throw new Failure(word + ": a flag is true or false, not \"" + value + "\"");
        };
    }

    private void put(Option option, String value) {
        // By name: to compare records makes the JVM spin classes.
        (find(options, option.name()) == null ? global : own).put(option.name(), value);
    }

    private @Nullable Option find(String name) {
        Option option = find(options, name);
        return option == null ? find(shared, name) : option;
    }

    private static @Nullable Option find(List<Option> options, String name) {
        for (Option option : options) {
            if (option.name().equals(name) || (name.length() == 1 && option.letter() == name.charAt(0))) {
                return option;
            }
        }
        return null;
    }

    private Failure unknown(String word) {
        int equals = word.indexOf('=');
        String name = equals < 0 ? word : word.substring(0, equals);
        List<String> names = new ArrayList<>();
        for (List<Option> known : List.of(options, shared)) {
            for (Option option : known) {
                if (!option.help().isEmpty()) {
                    names.add("--" + option.name());
                }
            }
        }
        String nearest = Nearest.of(name.startsWith("--") ? name : "-" + name, names);
        return new Failure(
                "unknown option " + name + (nearest == null ? "; " : ", did you mean " + nearest + "? ") + help);
    }
}
