// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** podman is killed in the middle of what it does, conmon and the runtime go on; its next calls recover, and everything can be removed. */
@Tag("root")
class KilledPodmanTest {
    @RegisterExtension
    static final Podman PODMAN = new Podman();

    @EachRuntime
    void podman_killed_in_create_and_start(String runtime) throws IOException, InterruptedException {
        for (String command : List.of("create", "start")) {
            for (int delay : List.of(0, 60)) {
                String id = PODMAN.create(runtime, "sleep", "1000");
                PODMAN.callAndKill(Leftovers.called(id, runtime, command, delay), "start", id);
                Kit.await("conmon's call is over", () -> !Leftovers.isCalled(id, runtime, command));
                // podman knows nothing of a container that it did not see become one, with any runtime.
                PODMAN.runtime(runtime, "delete", "--force", id).ok();
                recovered(runtime, id);
            }
        }
    }

    @EachRuntime
    void podman_killed_in_exec(String runtime) throws IOException, InterruptedException {
        for (int delay : List.of(0, 60, 300)) {
            String id = PODMAN.start(runtime, "", "sleep", "1000");
            PODMAN.callAndKill(Leftovers.called(id, runtime, "exec", delay), "exec", id, "sleep", "999");
            assertThat(PODMAN.exec(id, "echo lives on").ok()).isEqualTo("lives on");
            recovered(runtime, id);
        }
    }

    @EachRuntime
    void podman_killed_in_delete(String runtime) throws IOException, InterruptedException {
        for (String command : List.of("kill", "delete")) {
            for (int delay : List.of(0, 20)) {
                String id = PODMAN.start(runtime, "", "sleep", "1000");
                Kit.Step moment = Leftovers.called(id, runtime, command, delay);
                PODMAN.callAndKill(moment, "rm", "--force", "--time", "0", id);
                recovered(runtime, id);
            }
        }
    }

    /** Another container runs as ever, and afterwards all can go. */
    private static void recovered(String runtime, String id) throws IOException, InterruptedException {
        assertThat(PODMAN.inside(runtime, "", "echo well")).isEqualTo("well");
        PODMAN.removeAll();
        Kit.await("nothing of it runs", () -> Leftovers.processes(id).isEmpty());
        assertThat(PODMAN.runtime(runtime, "list", "--quiet").ok()).doesNotContain(id);
    }
}
