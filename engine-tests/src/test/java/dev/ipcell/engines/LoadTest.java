// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Many containers by eight workers at once; nothing fails and nothing is left. {@code make test-load} runs it with 200 of them. */
@Tag("root")
class LoadTest {
    @RegisterExtension
    static final Docker DOCKER = new Docker();

    private static final String LOOK = "touch /dev/mqueue/own; ls /dev/mqueue";

    @Test
    void through_docker() throws IOException, InterruptedException {
        List<String> before = left();
        Queue<Path> shims = new ConcurrentLinkedQueue<>();
        assertThat(Workers.run(Settings.load(), number -> shims.add(live(number))))
                .isEmpty();
        assertThat(DOCKER.ok("ps", "--all", "--quiet")).isEmpty();
        Kit.await("processes, mounts, sockets and cgroups are as before", () -> left().equals(before));
        assertThat(Leftovers.in(DOCKER.state().resolve("moby"))).isEmpty();
        Kit.await("no shim's socket is left", () -> shims.stream().noneMatch(Files::exists));
    }

    /** Answers where its shim listened. */
    private static Path live(int number) throws IOException, InterruptedException {
        String id = DOCKER.start("ipcell", "--memory 64m", "sleep", "1000");
        Path containerd = DOCKER.directory().resolve("exec/containerd/containerd.sock");
        Path shim = Leftovers.shimSocket(containerd, "moby", id);
        assertThat(shim).exists();
        assertThat(DOCKER.ok("exec", id, "sh", "-c", LOOK)).isEqualTo("own");
        DOCKER.ok("pause", id);
        DOCKER.ok("update", "--pids-limit", Integer.toString(100 + number), id);
        DOCKER.ok("unpause", id);
        assertThat(DOCKER.ok(
                        "exec",
                        id,
                        "sh",
                        "-c",
                        "cat /sys/fs/cgroup/pids/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids.max"))
                .isEqualTo(Integer.toString(100 + number));
        DOCKER.ok("kill", id);
        assertThat(DOCKER.ok("wait", id)).isEqualTo("137");
        DOCKER.ok("rm", id);
        return shim;
    }

    /** Without the cgroup above those of the containers, which Docker makes for the first of them and keeps. */
    private static List<String> left() throws IOException {
        return Leftovers.of(DOCKER.name()).stream()
                .filter(line -> !line.endsWith("/" + DOCKER.name()))
                .toList();
    }

    @Test
    void directly() throws IOException, InterruptedException {
        Kit kit = new Kit("load");
        kit.make();
        boolean clean = false;
        try {
            assertThat(Workers.run(Settings.load(), number -> live(kit, "c" + number)))
                    .isEmpty();
            assertThat(Leftovers.in(kit.directory().resolve("state"))).isEmpty();
            clean = true;
        } finally {
            // What a worker could not end is left, and would hide why.
            if (clean) {
                kit.close();
            } else {
                kit.force();
            }
        }
    }

    private static void live(Kit kit, String id) throws IOException, InterruptedException {
        Path bundle = bundle(kit, id);
        call(kit, "create", "--bundle", bundle.toString(), id).ok();
        assertThat(status(kit, id)).isEqualTo("created");
        call(kit, "start", id).ok();
        assertThat(call(kit, "exec", id, "sh", "-c", LOOK).ok()).isEqualTo("own");
        call(kit, "pause", id).ok();
        assertThat(status(kit, id)).isEqualTo("paused");
        call(kit, "update", "--pids-limit", "55", id).ok();
        call(kit, "resume", id).ok();
        call(kit, "kill", id, "KILL").ok();
        Kit.await("the end", () -> status(kit, id).equals("stopped"));
        call(kit, "delete", id).ok();
    }

    private static String status(Kit kit, String id) throws IOException, InterruptedException {
        String state = call(kit, "state", id).ok();
        return state.replaceAll("(?s).*\"status\": *\"([a-z]+)\".*", "$1");
    }

    /** The default configuration with a command that waits, and a cgroup whose name tells where it comes from. */
    private static Path bundle(Kit kit, String id) throws IOException, InterruptedException {
        Path bundle = Files.createDirectory(kit.directory().resolve(id));
        call(kit, "spec", "--bundle", bundle.toString()).ok();
        Path file = bundle.resolve("config.json");
        String configuration = Files.readString(file)
                .replace("\"terminal\": true", "\"terminal\": false")
                .replaceFirst("\"args\": \\[\\s*\"sh\"\\s*]", "\"args\": [\"sleep\", \"1000\"]")
                .replace("\"path\": \"rootfs\"", "\"path\": \"" + Settings.busybox() + "\"")
                .replace("\"linux\": {", "\"linux\": {\"cgroupsPath\": \"/" + kit.name() + "/" + id + "\",");
        Files.writeString(file, configuration);
        return bundle;
    }

    private static Call call(Kit kit, String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Settings.ipcell().toString()));
        command.addAll(List.of("--root", kit.directory().resolve("state").toString()));
        command.addAll(List.of(words));
        return Call.of(Map.of(), command);
    }
}
