// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The installed tree: it needs nothing from its surroundings, and starts as fast as it was built to. */
class InstallTest {
    @TempDir
    Path temporary;

    private static final Path TREE = Cell.tree();

    private static Path onlyFile(Path directory, String end) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> found =
                    files.filter(file -> file.toString().endsWith(end)).toList();
            assertThat(found).hasSize(1);
            return found.getFirst();
        }
    }

    /** Runs the planner's JVM with the executor's own options, strict about the cache. */
    private Cell.Result planner(Path tree, String... more) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(tree.resolve("lib/ipcell/image/bin/java").toString());
        for (String line : Files.readAllLines(Path.of("../shim/src/main/c/jvm_options.h"))) {
            if (line.startsWith("\"")) {
                command.add(line.substring(1, line.lastIndexOf('"')));
            }
        }
        command.add("-XX:AOTCache=" + onlyFile(tree.resolve("lib/ipcell"), ".aot"));
        command.addAll(List.of(more));
        command.add("-m");
        command.add("dev.ipcell.runtime/dev.ipcell.runtime.Planner");
        return Cell.run(temporary, command);
    }

    @Test
    void the_jvm_accepts_the_cache() throws IOException, InterruptedException {
        // With this mode the JVM refuses to start without a valid cache; the planner itself ends at once, as nobody
        // calls it.
        Cell.Result result = planner(TREE, "-XX:AOTMode=on", "-Xlog:class+load=info:stdout");
        assertThat(result.err()).isEmpty();
        assertThat(result.out().lines().filter(line -> line.contains("dev.ipcell.runtime.cli.CommandLine")))
                .hasSize(1)
                .allMatch(line -> line.contains("shared objects file"));
    }

    @Test
    void a_damaged_cache_only_costs_time() throws IOException, InterruptedException {
        Path copy = temporary.resolve("copy");
        Cell.run(temporary, List.of("cp", "-a", TREE.toString(), copy.toString()));
        Files.writeString(onlyFile(copy.resolve("lib/ipcell"), ".aot"), "damaged");
        assertThat(planner(copy, "-XX:AOTMode=on").exit())
                .as("the check above can fail")
                .isNotZero();
        Cell.Result result =
                Cell.run(temporary, List.of(copy.resolve("bin/ipcell").toString(), "--version"));
        assertThat(result.out()).startsWith("ipcell version ");
        assertThat(result.err()).isEmpty();
        assertThat(result.exit()).isZero();
    }

    @Test
    void a_copied_tree_works_from_where_it_is_with_its_cache() throws IOException, InterruptedException {
        Path copy = Files.createDirectory(temporary.resolve("moved to")).resolve("another place");
        Cell.run(temporary, List.of("cp", "-a", TREE.toString(), copy.toString()));
        Cell.Result result = Cell.run(
                temporary,
                List.of("/usr/bin/env", "-i", copy.resolve("bin/ipcell").toString(), "--version"));
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).startsWith("ipcell version ").contains("\nspec: 1.3");
        assertThat(planner(copy, "-XX:AOTMode=on").err()).isEmpty();
    }

    @Test
    void a_tree_without_its_image_says_so_on_one_line() throws IOException, InterruptedException {
        Path bin = Files.createDirectories(temporary.resolve("broken/bin"));
        Files.copy(Cell.executable(), bin.resolve("ipcell"), StandardCopyOption.COPY_ATTRIBUTES);
        Cell.Result result = Cell.run(temporary, List.of(bin.resolve("ipcell").toString(), "--version"));
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err())
                .startsWith("ipcell: planner image not found: " + temporary.toRealPath())
                .contains("ENOENT", "reinstall")
                .hasLineCount(1);
    }

    @Test
    void words_of_the_jvm_never_reach_standard_output() throws IOException, InterruptedException {
        // The JVM is told by a file beside its launcher to be talkative on its standard output.
        Path copy = temporary.resolve("talkative");
        Cell.run(temporary, List.of("cp", "-a", TREE.toString(), copy.toString()));
        Path java = copy.resolve("lib/ipcell/image/bin/java");
        Path real = java.resolveSibling("java.real");
        Files.move(java, real);
        Files.writeString(java, "#!/bin/sh\necho noise; echo more noise >&2\nexec \"${0}.real\" \"$@\"\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        Cell.Result result =
                Cell.run(temporary, List.of(copy.resolve("bin/ipcell").toString(), "--version"));
        assertThat(result.out()).startsWith("ipcell version ").doesNotContain("noise");
        assertThat(result.exit()).isZero();
    }

    @Test
    void the_environment_cannot_change_how_the_jvm_runs() throws IOException, InterruptedException {
        Cell.Result result = Cell.run(
                temporary,
                List.of(
                        "/usr/bin/env",
                        "JAVA_TOOL_OPTIONS=-version",
                        "JDK_JAVA_OPTIONS=-version",
                        "JAVA_HOME=/nonexistent",
                        "LD_PRELOAD=/nonexistent.so",
                        Cell.executable().toString(),
                        "--version"));
        assertThat(result.out()).startsWith("ipcell version ");
        assertThat(result.exit()).isZero();
    }

    @Test
    void plan_needs_no_root_and_changes_nothing() throws IOException, InterruptedException {
        TestBundle bundle = new TestBundle(temporary).write();
        List<String> command = new ArrayList<>();
        if (System.getProperty("user.name").equals("root")) {
            // As root the tree may lie where nobody else can go: so only the rights are given up, not the user.
            command.addAll(List.of("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"));
        }
        command.addAll(List.of(
                Cell.executable().toString(),
                "plan",
                "--bundle",
                bundle.directory().toString(),
                bundle.id()));
        Cell.Result result = Cell.run(temporary, command);
        assertThat(result.err()).isEmpty();
        assertThat(result.out())
                .startsWith("# start\n")
                .contains("clone ipcell:init newns,", "config.json /process/args");
        assertThat(bundle.root()).doesNotExist();
    }

    @Test
    void spec_writes_a_configuration_that_plan_accepts_and_never_overwrites_one()
            throws IOException, InterruptedException {
        Path bundle = Files.createDirectory(temporary.resolve("bundle"));
        Files.createDirectory(bundle.resolve("rootfs"));
        assertThat(Cell.call("spec", "--bundle", bundle.toString()).exit()).isZero();
        assertThat(bundle.resolve("config.json")).content().contains("\"ociVersion\": \"1.3.0\"", "\"terminal\": true");
        assertThat(Cell.call("plan", "-b", bundle.toString()).exit()).isZero();
        Path rootless = bundle.resolve("rootless");
        Files.createDirectories(rootless.resolve("rootfs"));
        assertThat(Cell.callIn(rootless, "spec", "--rootless").exit()).isZero();
        assertThat(rootless.resolve("config.json")).content().contains("\"uidMappings\"", "\"type\": \"user\"");
        assertThat(Cell.call("plan", "-b", rootless.toString()).exit()).isZero();
        Cell.Result again = Cell.callIn(bundle, "spec");
        assertThat(again.exit()).isEqualTo(1);
        assertThat(again.err()).contains("config.json").contains("exist").hasLineCount(1);
    }
}
