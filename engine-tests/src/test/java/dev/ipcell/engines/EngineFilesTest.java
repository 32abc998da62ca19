// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The files in examples/engines that no engine loads here. */
class EngineFilesTest {
    private static final Path FILES = Settings.examples().resolve("engines");

    @Test
    void cri_o_is_given_a_runtime_by_its_path() throws IOException, InterruptedException {
        assertThat(toml("crio-ipcell.conf"))
                .isEqualTo("{'crio': {'runtime': {'runtimes': {'ipcell': {'runtime_path': '/usr/local/bin/ipcell',"
                        + " 'runtime_type': 'oci', 'runtime_root': '/run/ipcell'}}}}}");
    }

    @Test
    void the_runtime_class_has_the_handler_that_both_engines_know() throws IOException, InterruptedException {
        List<String> lines = Files.readAllLines(FILES.resolve("runtimeclass.yaml"));
        assertThat(lines.stream().filter(line -> !line.startsWith("#")))
                .containsExactly(
                        "apiVersion: node.k8s.io/v1",
                        "kind: RuntimeClass",
                        "metadata:",
                        "  name: ipcell",
                        "handler: ipcell");
        assertThat(toml("containerd-config.toml"))
                .contains("'runtimes': {'ipcell': {'runtime_type': 'io.containerd.runc.v2'");
        assertThat(Files.readString(FILES.resolve("shared-ipc-pod.yaml"))).contains("runtimeClassName: ipcell\n");
    }

    @Test
    void every_file_stands_in_the_table() throws IOException {
        String table = Files.readString(FILES.resolve("README.md"));
        try (Stream<Path> files = Files.list(FILES)) {
            assertThat(files.map(file -> file.getFileName().toString()).filter(name -> !name.equals("README.md")))
                    .hasSizeGreaterThan(5)
                    .allSatisfy(name -> assertThat(table).contains("| [" + name + "](" + name + ") | "));
        }
    }

    private static String toml(String name) throws IOException, InterruptedException {
        String program = "import sys, tomllib; print(tomllib.load(open(sys.argv[1], 'rb')))";
        return Call.of(
                        Map.of(),
                        List.of("python3", "-c", program, FILES.resolve(name).toString()))
                .ok();
    }
}
