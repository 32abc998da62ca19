// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.SpawnedExecutor;
import dev.ipcell.shim.SpawnedExecutor.Stdio;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** C takes a NUL for the end of a string: one inside would silently cut an argument, a variable or a path. */
class NulTest {
    @Test
    void an_argument_with_a_nul_is_refused_by_its_name() {
        assertRefused(() -> spawn("/bin/true", List.of("true", "safe\0-not"), List.of()), "safe\\0-not");
        assertRefused(() -> spawn("/bin/true", List.of("\0"), List.of()), "\\0");
    }

    @Test
    void a_variable_with_a_nul_is_refused_by_its_name() {
        assertRefused(() -> spawn("/bin/true", List.of("true"), List.of("A=b", "C=d\0e")), "C=d\\0e");
    }

    @Test
    void a_path_or_a_mount_parameter_with_a_nul_is_refused_by_its_name() {
        assertRefused(() -> spawn("/bin/true\0x", List.of("true"), List.of()), "/bin/true\\0x");
        assertRefused(() -> Descriptors.open("/dev/null\0x", Fd.O_RDONLY, 0), "/dev/null\\0x");
        assertRefused(() -> Mounts.fsopen("mqueue\0x"), "mqueue\\0x");
        assertRefused(
                () -> {
                    try (Fd directory = Fd.open(Path.of("/"), Fd.O_RDONLY)) {
                        Directory.open(directory, "etc\0x".getBytes(StandardCharsets.UTF_8), Fd.O_RDONLY)
                                .close();
                    }
                },
                "etc\\0x");
    }

    @Test
    void an_executor_that_is_refused_leaves_no_descriptor() throws Exception {
        List<String> arguments = List.of("a\0b");
        start(List.of()).close(); // so that what is loaded once is open already
        long before = sockets();
        for (int i = 0; i < 5; i++) {
            assertRefused(() -> start(arguments), "a\\0b");
        }
        assertThat(sockets()).isEqualTo(before);
    }

    private static SpawnedExecutor start(List<String> arguments) throws IOException {
        return SpawnedExecutor.start(Path.of("/bin/true"), arguments, Map.of(), Stdio.PIPE, Stdio.PIPE, Stdio.PIPE);
    }

    private static int spawn(String path, List<String> argv, List<String> environment) throws IOException {
        return Processes.spawn(path, argv, environment, Map.of());
    }

    private static void assertRefused(ThrowingCallable call, String shown) {
        assertThatThrownBy(call)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a NUL inside '" + shown + "'");
    }

    /** Sockets and pipes of this process. */
    private static long sockets() throws IOException {
        long count = 0;
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            for (Path entry : entries.toList()) {
                String target = Files.exists(entry, java.nio.file.LinkOption.NOFOLLOW_LINKS)
                        ? Files.readSymbolicLink(entry).toString()
                        : "";
                count += target.startsWith("socket:") || target.startsWith("pipe:") ? 1 : 0;
            }
        }
        return count;
    }
}
