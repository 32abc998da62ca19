// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** podman as a service of the kind {@code notify}, whose container says itself when it is ready. From version 2.1 on, conmon passes it on. */
@Tag("root")
class PodmanNotifyTest {
    private static final Path MANAGER =
            Settings.examples().resolveSibling("runtime-core/src/test/resources/notify/manager.py");

    /** Is ready when it finds a file. */
    private static final String SAY = "use Socket; select undef, undef, undef, 0.05 until -e '/shared/go';"
            + " socket my $s, AF_UNIX, SOCK_DGRAM, 0;"
            + " send $s, 'READY=1', 0, sockaddr_un $ENV{NOTIFY_SOCKET} or die $!; sleep 1000";

    @RegisterExtension
    static final Podman PODMAN = new Podman();

    @AfterEach
    void no_manager() {
        PODMAN.environment();
    }

    @EachRuntime
    void a_container_says_when_it_is_ready(String runtime) throws IOException, InterruptedException {
        Path shared = Files.createDirectory(PODMAN.directory().resolve("shared-" + runtime));
        Path socket = shared.resolve("manager");
        Path heard = shared.resolve("heard");
        Process manager = new ProcessBuilder("python3", MANAGER.toString(), socket.toString())
                .redirectOutput(heard.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            Kit.await("the manager listens", () -> !texts(heard).isEmpty());
            PODMAN.environment("NOTIFY_SOCKET=" + socket);
            String id = PODMAN.start(runtime, options(shared), "perl", "-e", SAY);
            String main = "'MAINPID=" + PODMAN.ok("inspect", "--format", "{{.State.ConmonPid}}", id) + "'";
            assertThat(texts(heard)).containsExactly("listening", main);
            Files.createFile(shared.resolve("go"));
            Kit.await("the manager hears more", () -> texts(heard).size() > 2);
            assertThat(texts(heard)).containsExactly("listening", main, "'READY=1'");
        } finally {
            manager.destroyForcibly().waitFor();
        }
    }

    /** What the manager heard, without the senders. */
    private static List<String> texts(Path heard) throws IOException {
        return Files.readAllLines(heard).stream()
                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                .toList();
    }

    /** This machine's perl is in the container, because busybox knows no datagrams of this kind. */
    private static String options(Path shared) {
        List<String> options = new ArrayList<>(List.of("--sdnotify=container", "--volume", shared + ":/shared"));
        for (String each : List.of("/usr", "/lib", "/lib64")) {
            if (Files.exists(Path.of(each))) {
                options.addAll(List.of("--volume", each + ":" + each + ":ro"));
            }
        }
        return String.join(" ", options);
    }
}
