// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The cases of {@link SpecCases}, each from inside a container. */
@Tag("root")
class SpecCaseTest {
    private static final String MARK = "@@@";

    /** For commands: the options of a mount, those of its file system, its propagation. */
    private static final String PRELUDE = """
            m() { awk -v p="$1" '$5 == p { print $6 }' /proc/self/mountinfo; }
            s() { awk -v p="$1" '$5 == p { print $NF }' /proc/self/mountinfo; }
            p() { awk -v p="$1" '$5 == p { print $7 == "-" ? "-" : $7 }' /proc/self/mountinfo | tr -d '0-9'; }
            has() { case ,$1, in *,$2,*) echo $2 ;; *) echo "no $2" ;; esac; }
            """;

    @TempDir
    Path temporary;

    /** A container that has run, once for all its checks. */
    private final class Run {
        private final SpecCases.Group group;
        private Cell.@Nullable Result result;

        Run(SpecCases.Group group) {
            this.group = group;
        }

        Cell.Result result() throws Exception {
            if (result == null) {
                TestBundle bundle = new TestBundle(temporary);
                if (group.debian()) {
                    bundle.replace(Cell.busybox().toString(), Cell.property("ipcell.rootfs.debian"));
                }
                bundle.merge(
                        onThisMachine(group.json().replace("@ID@", bundle.id()).replace("@DIR@", directory())));
                bundle.script(script());
                result = group.title().contains("[shared]") ? bundle.runWhereMountsAreShared() : bundle.run();
                Leftovers.assertNone(bundle);
            }
            return result;
        }

        private String script() {
            StringBuilder script = new StringBuilder(PRELUDE);
            for (int i = 0; i < group.checks().size(); i++) {
                String command = group.checks().get(i).command();
                if (!command.equals("!") && !command.equals("~")) {
                    script.append("echo ").append(MARK).append(i).append('\n');
                    script.append("( ").append(command).append(" ) 2>&1\n");
                }
            }
            return script.append("exit 0").toString();
        }

        void check(int index) throws Exception {
            SpecCases.Check check = group.checks().get(index);
            Cell.Result ran = result();
            switch (check.command()) {
                case "!" -> {
                    assertThat(ran.exit()).isEqualTo(1);
                    told(ran, "ipcell: config.json " + check.expected());
                }
                case "~" -> told(ran, "ipcell: warning: config.json " + check.expected());
                default -> shown(ran, check, index);
            }
        }

        private void told(Cell.Result ran, String line) {
            assertThat(ran.err().lines()).as(ran.err()).anyMatch(each -> each.startsWith(line), line);
        }

        private void shown(Cell.Result ran, SpecCases.Check check, int index) throws IOException {
            boolean warned =
                    group.checks().stream().anyMatch(each -> each.command().equals("~"));
            if (!warned) {
                assertThat(ran.err()).isEmpty();
            }
            assertThat(ran.exit()).isZero();
            String from = MARK + index + "\n";
            String output = ran.out()
                    .substring(ran.out().indexOf(from) + from.length())
                    .split(MARK, -1)[0]
                    .strip();
            if (check.isPattern()) {
                assertThat(output).matches("(?s)" + check.expected());
            } else {
                assertThat(output).isEqualTo(onThisMachine(check.expected()));
            }
        }
    }

    /** Puts the numbers of a block device in. */
    private static String onThisMachine(String text) throws IOException {
        if (!text.contains("@MAJOR@")) {
            return text;
        }
        try (Stream<Path> devices = Files.list(Path.of("/sys/block"))) {
            Path device = devices.sorted().toList().getFirst();
            String[] numbers = Files.readString(device.resolve("dev")).strip().split(":", -1);
            return text.replace("@MAJOR@", numbers[0]).replace("@MINOR@", numbers[1]);
        }
    }

    /** A directory that mounts may have as their source; also root of another user namespace can reach it. */
    private String directory() throws IOException {
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path directory = temporary.resolve("source");
        if (!Files.exists(directory)) {
            Files.createDirectory(directory);
            Files.writeString(directory.resolve("file"), "from the host\n");
        }
        return directory.toString();
    }

    @TestFactory
    Stream<DynamicContainer> fields() throws IOException {
        return SpecCases.all().stream().map(this::container);
    }

    private DynamicContainer container(SpecCases.Group group) {
        Run run = new Run(group);
        List<SpecCases.Check> checks = group.checks();
        Stream<DynamicTest> tests = Stream.iterate(0, i -> i < checks.size(), i -> i + 1)
                .map(i -> dynamicTest(String.join(", ", checks.get(i).rows()), () -> run.check(i)));
        return dynamicContainer(group.title(), tests);
    }
}
