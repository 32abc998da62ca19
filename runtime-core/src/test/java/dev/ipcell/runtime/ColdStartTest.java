// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a cold call's JVM loads: only what is in the AOT cache, and no more of it than {@code cold/classes.txt} names, give or take a few.
 *
 * <p>The calls are real, by a copy of the installed tree whose {@code java} is a script that has the JVM write down what it loads.
 * Record the list anew with {@code -Dipcell.golden.update=true}, where it grows for a reason.
 */
@Tag("root")
class ColdStartTest {
    /** A change may bring so many new classes before somebody has to look whether it must. */
    private static final int ROOM = 40;

    private static final Path RECORDED = Path.of("src/test/resources/cold/classes.txt");
    private static final String FROM_CACHE = "shared objects file";

    @TempDir
    private static Path copy;

    @TempDir
    Path temporary;

    private TestBundle bundle;

    @BeforeAll
    static void have_the_jvm_tell() throws IOException, InterruptedException {
        assertThat(Cell.run(Path.of("/"), List.of("cp", "-a", Cell.tree() + "/.", copy.toString()))
                        .exit())
                .isZero();
        Path java = copy.resolve("lib/ipcell/image/bin/java");
        Path real = java.resolveSibling("java.real");
        Files.move(java, real);
        // Behind the options that turn logging off.
        Files.writeString(java, """
                #!/bin/sh
                for word; do
                    shift
                    [ "$word" = -m ] && set -- "$@" -Xlog:class+load:file=%s/classes.log
                    set -- "$@" "$word"
                done
                exec %s "$@"
                """.formatted(copy, real));
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @BeforeEach
    void make_a_bundle() throws IOException {
        bundle = new TestBundle(temporary).script("sleep 100");
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        Cell.call("--root", bundle.root().toString(), "delete", "--force", bundle.id());
        Leftovers.assertNone(bundle);
    }

    /** What a call loads: "NAME source: WHERE". */
    private List<String> loaded(int exit, String... words) throws IOException, InterruptedException {
        bundle.write();
        Path log = copy.resolve("classes.log");
        Files.deleteIfExists(log);
        List<String> command = new ArrayList<>(List.of(
                "env",
                "IPCELL_PLANNER=none",
                copy.resolve("bin/ipcell").toString(),
                "--root",
                bundle.root().toString()));
        command.addAll(List.of(words));
        Cell.Result result = Cell.run(bundle.directory(), command);
        assertThat(result.exit()).as(result.err()).isEqualTo(exit);
        List<String> lines = new ArrayList<>();
        for (String line : Files.readAllLines(log, UTF_8)) {
            lines.add(line.substring(line.lastIndexOf(']') + 2));
        }
        assertThat(lines).as("classes of " + command).hasSizeGreaterThan(400);
        return lines;
    }

    /** The classes of hidden names, lambdas among them, have a number that differs from run to run. */
    private static String name(String line) {
        return line.substring(0, line.indexOf(" source: ")).replaceAll("0x[0-9a-f]+", "");
    }

    private void allFromCache(int exit, String... words) throws IOException, InterruptedException {
        assertThat(loaded(exit, words).stream()
                        .filter(line -> !line.contains(FROM_CACHE))
                        .toList())
                .as("loaded by ipcell " + List.of(words) + " and not from the AOT cache: does AotTraining call it?")
                .isEmpty();
    }

    @Test
    void a_container_s_life_loads_no_class_that_the_cache_lacks() throws IOException, InterruptedException {
        String id = bundle.id();
        allFromCache(0, "create", id);
        allFromCache(0, "start", id);
        allFromCache(0, "state", id);
        allFromCache(0, "list");
        allFromCache(0, "ps", id);
        allFromCache(0, "exec", id, "true");
        allFromCache(0, "pause", id);
        allFromCache(0, "resume", id);
        allFromCache(0, "update", "--pids-limit", "100", id);
        allFromCache(0, "events", "--stats", id);
        allFromCache(0, "kill", id, "KILL");
        allFromCache(0, "delete", "--force", id);
    }

    @Test
    void neither_do_calls_without_a_container() throws IOException, InterruptedException {
        allFromCache(0, "--version");
        allFromCache(0, "help");
        allFromCache(0, "features");
        allFromCache(0, "plan");
        allFromCache(0, "spec", "--bundle", temporary.toString());
        bundle.script("true");
        allFromCache(0, "run", bundle.id());
    }

    @Test
    void nor_do_those_that_fail() throws IOException, InterruptedException {
        allFromCache(1, "state", "no-such-container");
        allFromCache(1, "kill", "no-such-container");
        allFromCache(1, "create", "--bundle", "/no/bundle", bundle.id());
        allFromCache(1, "no-such-command");
        allFromCache(1, "run", "--no-such-option");
        bundle.replace("\"type\": \"ipc\"", "\"type\": \"icp\"");
        allFromCache(1, "create", bundle.id());
    }

    @Test
    void state_and_create_load_no_more_than_is_recorded() throws IOException, InterruptedException {
        Set<String> now = new TreeSet<>();
        for (List<String> lines : List.of(loaded(0, "create", bundle.id()), loaded(0, "state", bundle.id()))) {
            now.addAll(lines.stream().map(ColdStartTest::name).collect(Collectors.toSet()));
        }
        if (Boolean.getBoolean("ipcell.golden.update")) {
            Files.createDirectories(RECORDED.getParent());
            Files.write(RECORDED, now);
        }
        Set<String> fresh = new TreeSet<>(now);
        try (Stream<String> recorded = Files.lines(RECORDED)) {
            recorded.forEach(fresh::remove);
        }
        assertThat(fresh)
                .as("classes that no cold call loaded before: every one costs every call; is it needed?")
                .hasSizeLessThanOrEqualTo(ROOM);
    }
}
