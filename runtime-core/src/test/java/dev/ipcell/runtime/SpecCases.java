// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The cases of {@code table/*.txt}: small changes of the default configuration, and what each field brings.
 *
 * <pre>
 * == what is changed [debian] [v1 memory] ...
 * {JSON that is merged into the default configuration; "name+" appends to a list}
 * ROW, ROW : COMMAND =&gt; OUTPUT
 * ROW : COMMAND =~ REGULAR EXPRESSION
 * ROW : ! =&gt; BEGINNING OF A LINE OF THE ERROR
 * ROW : ~ =&gt; BEGINNING OF A WARNING
 * </pre>
 *
 * <p>One container runs the commands of a group, each in a subshell. A condition of the machine in brackets leaves the group out where it
 * does not hold; the table test sees to it that none of the fields is left without a case by that.
 */
final class SpecCases {
    private static final List<String> FILES = List.of("process", "mounts", "linux", "resources", "seccomp", "refused");

    /**
     * One field's case.
     *
     * @param command in the container, or {@code !} for an error, {@code ~} for a warning
     */
    record Check(List<String> rows, String command, boolean isPattern, String expected) {}

    /** What one container shows. */
    record Group(String title, boolean debian, String json, List<Check> checks) {}

    private SpecCases() {}

    /** Those that hold on this machine. */
    static List<Group> all() throws IOException {
        List<Group> groups = new ArrayList<>();
        for (String name : FILES) {
            for (String block : text(name).split("(?m)^== ", -1)) {
                if (!block.startsWith("#") && !block.isBlank()) {
                    add(groups, block);
                }
            }
        }
        return groups;
    }

    private static String text(String name) throws IOException {
        String path = "/table/" + name + ".txt";
        try (InputStream in = Objects.requireNonNull(SpecCases.class.getResourceAsStream(path), path)) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }

    private static void add(List<Group> groups, String block) throws IOException {
        List<String> lines = block.lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();
        String title = lines.getFirst();
        for (String condition : title.split("\\[", -1)) {
            if (condition.contains("]") && !MachineFacts.holds(condition.substring(0, condition.indexOf(']')))) {
                return;
            }
        }
        StringBuilder json = new StringBuilder();
        List<Check> checks = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            if (line.startsWith("/")) {
                checks.add(check(line));
            } else {
                json.append(line);
            }
        }
        groups.add(new Group(title, title.contains("[debian]"), json.toString(), checks));
    }

    private static Check check(String line) {
        int colon = line.indexOf(" : ");
        int exact = line.lastIndexOf(" => ");
        int pattern = line.lastIndexOf(" =~ ");
        int arrow = Math.max(exact, pattern);
        if (colon < 0 || arrow < colon) {
            throw new IllegalArgumentException("not ROW : COMMAND => OUTPUT: " + line);
        }
        String expected = line.substring(arrow + 4);
        return new Check(
                List.of(line.substring(0, colon).split(", ", -1)),
                line.substring(colon + 3, arrow),
                pattern > exact,
                pattern > exact ? expected : expected.replace("\\n", "\n"));
    }
}
