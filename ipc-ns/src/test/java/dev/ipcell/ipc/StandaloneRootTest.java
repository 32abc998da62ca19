// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.linux.Fd;
import java.io.File;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A program of its own module, compiled and run against this module and what it requires, and nothing else. */
@Tag("root")
@Timeout(60)
class StandaloneRootTest {
    private static final String MODULE = "module user { requires dev.ipcell.ipc; }\n";
    private static final String PROGRAM = """
        package user;

        import dev.ipcell.ipc.IpcNamespace;
        import dev.ipcell.ipc.IpcSnapshot;
        import java.nio.file.Path;
        import java.util.Map;

        public final class Main {
            public static void main(String[] args) throws Exception {
                if (args.length > 0) {
                    try (IpcNamespace pinned = IpcNamespace.open(Path.of(args[0]))) {
                        System.out.println(pinned.snapshot().messageQueues());
                    }
                    return;
                }
                try (IpcNamespace namespace = IpcNamespace.create()) {
                    namespace.configure(Map.of("kernel.msgmni", "3"));
                    int exit = namespace.call(() -> new ProcessBuilder("ipcmk", "-Q").start().waitFor());
                    IpcSnapshot seen = namespace.snapshot();
                    System.out.println(exit + " " + seen.usage().getFirst() + " " + namespace.owner().equals(
                            namespace.id()));
                }
            }
        }
        """;

    @TempDir
    private static Path directory;

    @BeforeAll
    static void compile() throws Exception {
        Path source = Files.createDirectories(directory.resolve("source/user"));
        Path module = Files.writeString(source.resolveSibling("module-info.java"), MODULE);
        Path program = Files.writeString(source.resolve("Main.java"), PROGRAM);
        assertThat(run(List.of(
                        tool("javac"),
                        "-Xlint:all",
                        "-Werror",
                        "-p",
                        modules(),
                        "-d",
                        directory.resolve("classes").toString(),
                        module.toString(),
                        program.toString())))
                .isEmpty();
    }

    @Test
    void it_needs_no_other_module() throws Exception {
        assertThat(run(java())).isEqualTo("0 kernel.msgmni: 1 of 3 System V message queues false\n");
    }

    @Test
    void a_queue_that_may_not_be_read_hides_no_other_one() throws Exception {
        Path pin = directory.resolve("pin");
        try (IpcNamespace namespace = IpcNamespace.create()) {
            namespace.call(() -> {
                IpcNamespaceRootTest.makeQueue("a");
                IpcNamespaceRootTest.makeQueue("b", 1000);
                return true;
            });
            namespace.pin(pin);
            List<String> command = new ArrayList<>(
                    List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all", "--"));
            command.addAll(java(pin.toString()));
            assertThat(run(command))
                    .contains("PosixQueue[name=a, mode=400, uid=0, gid=0, content=Content[")
                    .contains("PosixQueue[name=b, mode=400, uid=1000, gid=0, content=null]");
        } finally {
            IpcNamespace.unpin(pin);
        }
    }

    private static List<String> java(String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                tool("java"),
                "--enable-native-access=dev.ipcell.shim",
                "--illegal-native-access=deny",
                "-p",
                modules() + File.pathSeparator + directory.resolve("classes"),
                "-m",
                "user/user.Main"));
        command.addAll(List.of(args));
        return command;
    }

    private static String tool(String name) {
        return Path.of(System.getProperty("java.home"), "bin", name).toString();
    }

    private static String modules() throws Exception {
        return place(IpcNamespace.class) + File.pathSeparator + place(Fd.class);
    }

    private static Path place(Class<?> type) throws Exception {
        URI location = Objects.requireNonNull(type.getProtectionDomain().getCodeSource())
                .getLocation()
                .toURI();
        return Path.of(location);
    }

    private static String run(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
