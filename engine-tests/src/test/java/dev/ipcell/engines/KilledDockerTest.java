// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Docker is killed in the middle of what it does; started again, it recovers, and everything can be removed. */
@Tag("root")
class KilledDockerTest {
    private static final String OPTIONS = "--stop-signal KILL";

    @RegisterExtension
    static final Docker DOCKER = new Docker();

    /** Not with runc: the shim kills a create that nobody waits for any more, and then runc leaves its cgroups. */
    @Test
    void docker_killed_in_create_and_start() throws IOException, InterruptedException {
        for (Kit.Step moment : List.of(
                () -> Thread.sleep(50),
                called("ipcell", "create", 0),
                called("ipcell", "create", 60),
                called("ipcell", "start", 0),
                called("ipcell", "start", 300))) {
            interrupt(() -> DOCKER.tryStart("ipcell", OPTIONS, "sleep", "1000"), moment);
            assertThat(DOCKER.inside("ipcell", "", "echo well")).isEqualTo("well");
            DOCKER.removeContainers();
        }
        DOCKER.endForgottenShims();
    }

    @EachRuntime
    void docker_killed_in_exec(String runtime) throws IOException, InterruptedException {
        for (int delay : List.of(0, 30, 300)) {
            String id = DOCKER.start(runtime, OPTIONS, "sleep", "1000");
            interrupt(() -> DOCKER.call("exec", id, "sleep", "999"), called(runtime, "exec", delay));
            assertThat(Leftovers.inCgroup(id)).isEmpty();
            DOCKER.ok("start", id);
            assertThat(DOCKER.ok("exec", id, "echo", "again")).isEqualTo("again");
            DOCKER.removeAll();
        }
    }

    @EachRuntime
    void docker_killed_in_delete(String runtime) throws IOException, InterruptedException {
        for (Kit.Step moment :
                List.of(called(runtime, "kill", 0), called(runtime, "delete", 0), called(runtime, "delete", 20))) {
            String id = DOCKER.start(runtime, OPTIONS, "sleep", "1000");
            interrupt(() -> DOCKER.call("rm", "--force", id), moment);
            assertThat(DOCKER.inside(runtime, "", "echo well")).isEqualTo("well");
            DOCKER.removeAll();
        }
    }

    private static Kit.Step called(String runtime, String command, int millis) {
        return Leftovers.called(DOCKER.name(), runtime, command, millis);
    }

    private static void interrupt(Kit.Step call, Kit.Step moment) throws IOException, InterruptedException {
        Kit.interrupt(call, moment, DOCKER::kill, DOCKER::start);
    }
}
