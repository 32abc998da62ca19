// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The cases of {@code contract/*.txt}: command lines, what they exit with, and what they say.
 *
 * <pre>
 * == what holds
 * MARK ARGUMENTS =&gt; EXIT TEXT &amp;&amp; TEXT
 * </pre>
 *
 * <p>The mark tells what the installed runc does with the same line: {@code =} the same, {@code ~} it exits with 0 or not as well, but
 * in other words, {@code !} it cannot be compared. A text is part of standard output if the exit status is 0, else of standard error,
 * which is one line then; {@code =TEXT} is all of it, {@code /TEXT/} a regular expression for all of it. Arguments may be quoted by
 * single quotes. {@code @running@} and the like are containers in that state, {@code @gone@} one that there never was, {@code @new@} one
 * that is removed afterwards, {@code @bundle@} a bundle that prints {@code ran}, {@code @dir@} an empty directory.
 */
final class ContractCases {
    static final List<String> FILES = List.of("syntax", "states", "exec", "launch", "update");

    /** How the case is compared with runc. */
    enum Comparison {
        SAME,
        ALIKE,
        NONE
    }

    /** One command line. */
    record Case(
            String title, Comparison comparison, List<String> arguments, int exit, List<String> texts, String line) {}

    private ContractCases() {}

    static List<Case> of(String file) throws IOException {
        List<Case> cases = new ArrayList<>();
        String title = "";
        for (String line : text(file).split("\n", -1)) {
            if (line.startsWith("== ")) {
                title = line.substring(3);
            } else if (!line.isBlank() && !line.startsWith("#")) {
                cases.add(parse(title, line));
            }
        }
        return cases;
    }

    private static String text(String file) throws IOException {
        String path = "/contract/" + file + ".txt";
        try (InputStream in = Objects.requireNonNull(ContractCases.class.getResourceAsStream(path), path)) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }

    private static Case parse(String title, String line) {
        int arrow = line.lastIndexOf("=> ");
        if (arrow < 2) {
            throw new IllegalArgumentException("not MARK ARGUMENTS => EXIT TEXT: " + line);
        }
        Comparison comparison = switch (line.charAt(0)) {
            case '=' -> Comparison.SAME;
            case '~' -> Comparison.ALIKE;
            case '!' -> Comparison.NONE;
            default -> throw new IllegalArgumentException("no mark: " + line);
        };
        String expected = line.substring(arrow + 3);
        int space = expected.indexOf(' ');
        List<String> texts = space < 0
                ? List.of()
                : List.of(expected.substring(space + 1).replace("\\n", "\n").split(" && ", -1));
        int exit = Integer.parseInt(space < 0 ? expected : expected.substring(0, space));
        return new Case(title, comparison, words(line.substring(2, arrow).strip()), exit, texts, line);
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            if (text.charAt(at) == ' ') {
                at++;
                continue;
            }
            StringBuilder word = new StringBuilder();
            while (at < text.length() && text.charAt(at) != ' ') {
                if (text.charAt(at) == '\'') {
                    int end = text.indexOf('\'', at + 1);
                    word.append(text, at + 1, end);
                    at = end + 1;
                } else {
                    word.append(text.charAt(at));
                    at++;
                }
            }
            words.add(word.toString());
        }
        return words;
    }
}
