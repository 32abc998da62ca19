// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The help texts are true: what they list is taken and does something, and nothing else is. */
class HelpTest {
    private static final Pattern COMMAND = Pattern.compile("(?m)^  ([a-z]+(?: [a-z]+)?)  ");
    private static final Pattern OPTION = Pattern.compile("(?m)^  (?:-([a-zA-Z]), |    )--([a-z0-9-]+)( \\S+)?");

    /** Options that no line of {@code contract/} shows at work, and the test that does. */
    private static final Map<String, String> ELSEWHERE = Map.ofEntries(
            Map.entry(
                    "create pid-file",
                    "EngineCallsTest.a_pid_file_holds_the_number_alone_and_is_relative_to_the_caller"),
            Map.entry("create console-socket", "LifecycleTest.a_console_socket_is_sent_the_terminals_master"),
            Map.entry("create pidfd-socket", "EngineCallsTest.a_pidfd_is_sent_that_reaches_the_process"),
            Map.entry("create preserve-fds", "LifecycleTest.descriptors_of_the_callers_are_passed_on_demand"),
            Map.entry("create trace", "NetDeviceTest"),
            Map.entry("run pid-file", "RunTest.the_pid_file_names_the_containers_process"),
            Map.entry("run console-socket", "EngineCallsTest.a_run_sends_its_terminal_and_a_pidfd"),
            Map.entry("run pidfd-socket", "EngineCallsTest.a_run_sends_its_terminal_and_a_pidfd"),
            Map.entry("run trace", "FaultTest"),
            // Those need a security module or resctrl: vm/tests/apparmor.sh, and these for what is written where.
            Map.entry("exec apparmor", "ConfinementTest"),
            Map.entry("exec process-label", "ConfinementTest"),
            Map.entry("update l3-cache-schema", "launch.RdtPlanTest"),
            Map.entry("update mem-bw-schema", "launch.RdtPlanTest"),
            Map.entry("update cpu-rt-period", "UpdateTest.real_time_is_given_or_the_option_is_named"),
            Map.entry("update cpu-rt-runtime", "UpdateTest.real_time_is_given_or_the_option_is_named"),
            Map.entry("exec process", "ExecTest.a_process_is_described_by_a_file"),
            Map.entry("exec detach", "ExecTest.a_detached_process_goes_on_by_itself"),
            Map.entry("exec pid-file", "ExecTest.a_detached_process_goes_on_by_itself"),
            Map.entry("exec console-socket", "EngineCallsTest.a_terminal_is_sent_for_an_exec_too"),
            Map.entry("exec pidfd-socket", "EngineCallsTest.a_pidfd_is_sent_that_reaches_the_process"),
            Map.entry("exec preserve-fds", "EngineCallsTest.descriptors_reach_an_exec_on_demand"),
            Map.entry("exec tty", "EngineCallsTest.a_terminal_is_sent_for_an_exec_too"),
            Map.entry("exec ignore-paused", "EngineCallsTest.a_paused_container_takes_a_process_that_is_to_wait"),
            Map.entry("spec bundle", "InstallTest"),
            Map.entry("spec rootless", "InstallTest"),
            Map.entry("planner start socket", "ResidentPlannerTest"),
            Map.entry("planner start idle", "ResidentPlannerTest"),
            Map.entry("planner stop socket", "ResidentPlannerTest"),
            Map.entry("planner status socket", "ResidentPlannerTest"),
            Map.entry("planner run socket", "ResidentPlannerTest"),
            Map.entry("planner run idle", "ResidentPlannerTest"),
            Map.entry("update resources", "UpdateTest.a_document_comes_from_a_file_or_from_standard_input"));

    static Stream<String> commands() throws IOException, InterruptedException {
        String help = Cell.call("help").out();
        return COMMAND.matcher(help.substring(0, help.indexOf("global options:")))
                .results()
                .map(found -> found.group(1));
    }

    private static String help(String... words) throws IOException, InterruptedException {
        Cell.Result result = Cell.call(words);
        assertThat(result.err()).isEmpty();
        assertThat(result.exit()).isZero();
        return result.out();
    }

    private static String help(String command) throws IOException, InterruptedException {
        return help(words("help", command));
    }

    private static String[] words(String... phrases) {
        return String.join(" ", phrases).split(" ", -1);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void a_command_has_one_help_text_by_all_ways_to_it(String command) throws IOException, InterruptedException {
        String text = help(command);
        assertThat(text).startsWith("usage: ipcell " + command + " ").contains("  -h, --help ");
        assertThat(help(words(command, "--help"))).isEqualTo(text);
        assertThat(help(words("--debug=false", command, "-h"))).isEqualTo(text);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void an_option_that_is_listed_is_taken_and_has_names_of_its_own(String command)
            throws IOException, InterruptedException {
        Set<String> names = new TreeSet<>();
        List<String> call = new ArrayList<>(List.of(words(command)));
        Matcher option = OPTION.matcher(help(command));
        while (option.find()) {
            assertThat(names.add(option.group(2))).as(option.group()).isTrue();
            assertThat(option.group(1) == null || names.add(option.group(1)))
                    .as(option.group())
                    .isTrue();
            if (!option.group(2).equals("help")) {
                call.add("--" + option.group(2));
                if (option.group(3) != null) {
                    call.add("x");
                }
            }
        }
        // All of them at once, so that only the last one, which there is not, is wrong.
        call.add("--there-is-no-such-option");
        Cell.Result result = Cell.call(call.toArray(new String[0]));
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("unknown option --there-is-no-such-option; see ipcell " + command);
    }

    @Test
    void an_option_that_is_listed_is_shown_at_work() throws IOException, InterruptedException {
        Set<String> shown = new TreeSet<>(ELSEWHERE.keySet());
        for (String file : ContractCases.FILES) {
            for (ContractCases.Case each : ContractCases.of(file)) {
                if (each.exit() == 0) {
                    shown.addAll(options(each.arguments()));
                }
            }
        }
        List<String> missing = new ArrayList<>();
        for (String command : commands().toList()) {
            Matcher option = OPTION.matcher(help(command));
            while (option.find()) {
                String letter = command + " " + option.group(1);
                String name = command + " " + option.group(2);
                if (!option.group(2).equals("help") && !shown.contains(name) && !shown.contains(letter)) {
                    missing.add(name);
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    /** The command of a line and each of its options. */
    private static List<String> options(List<String> arguments) throws IOException, InterruptedException {
        List<String> options = new ArrayList<>();
        List<String> names = COMMANDS.isEmpty() ? known() : COMMANDS;
        String command = "";
        for (String word : arguments) {
            if (command.isEmpty() && names.contains(word)) {
                command = word;
            } else if (!command.isEmpty() && word.startsWith("-")) {
                options.add(command + " " + word.replaceFirst("^--?", "").replaceFirst("=.*", ""));
            }
        }
        return options;
    }

    private static final List<String> COMMANDS = new ArrayList<>();

    private static List<String> known() throws IOException, InterruptedException {
        COMMANDS.addAll(commands().toList());
        return COMMANDS;
    }

    @Test
    void a_test_that_shows_an_option_is_there() throws ClassNotFoundException {
        for (String test : ELSEWHERE.values()) {
            boolean whole = test.endsWith("Test");
            String type = whole ? test : test.substring(0, test.lastIndexOf('.'));
            List<String> methods = Stream.of(
                            Class.forName("dev.ipcell.runtime." + type).getDeclaredMethods())
                    .map(Method::getName)
                    .toList();
            assertThat(whole || methods.contains(test.substring(type.length() + 1)))
                    .as(test)
                    .isTrue();
        }
    }
}
