// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** containerd is killed in the middle of what it does; started again, it recovers, and everything can be removed. */
@Tag("root")
class KilledContainerdTest {
    @RegisterExtension
    static final Containerd CONTAINERD = new Containerd();

    /** Not with runc: the shim kills a create that nobody waits for any more, and then runc leaves its cgroups. */
    @Test
    void containerd_killed_in_create_and_start() throws IOException, InterruptedException {
        for (Kit.Step moment : List.of(
                () -> Kit.await("a shim", CONTAINERD::hasShim),
                () -> Thread.sleep(50),
                called("ipcell", "create", 0),
                called("ipcell", "create", 60),
                called("ipcell", "start", 0),
                called("ipcell", "start", 300))) {
            interrupt(() -> CONTAINERD.run("ipcell", "", "sleep", "0.3"), moment);
            assertThat(CONTAINERD.run("ipcell", "", "echo", "well").ok()).isEqualTo("well");
            CONTAINERD.deleteForgotten("ipcell");
            CONTAINERD.removeAll();
        }
        CONTAINERD.endForgottenShims();
    }

    @EachRuntime
    void containerd_killed_in_exec(String runtime) throws IOException, InterruptedException {
        for (int delay : List.of(0, 30, 300)) {
            String id = CONTAINERD.start(runtime, "", "sleep", "1000");
            interrupt(() -> CONTAINERD.exec(id, "sleep 0.3"), called(runtime, "exec", delay));
            assertThat(CONTAINERD.exec(id, "echo lives on").ok()).isEqualTo("lives on");
            CONTAINERD.removeAll();
        }
    }

    @EachRuntime
    void containerd_killed_in_delete(String runtime) throws IOException, InterruptedException {
        for (Kit.Step moment :
                List.of(called(runtime, "kill", 0), called(runtime, "delete", 0), called(runtime, "delete", 20))) {
            String id = CONTAINERD.start(runtime, "", "sleep", "1000");
            interrupt(() -> CONTAINERD.call("tasks", "rm", "--force", id), moment);
            assertThat(CONTAINERD.run(runtime, "", "echo", "well").ok()).isEqualTo("well");
            CONTAINERD.removeAll();
        }
    }

    private static Kit.Step called(String runtime, String command, int millis) {
        return Leftovers.called(CONTAINERD.name(), runtime, command, millis);
    }

    private static void interrupt(Kit.Step call, Kit.Step moment) throws IOException, InterruptedException {
        Kit.interrupt(call, moment, CONTAINERD::kill, CONTAINERD::start);
    }

    /** containerd asks the runtime to delete what the shim cannot look after any more. */
    @EachRuntime
    void a_killed_shim_takes_its_container_along(String runtime) throws IOException, InterruptedException {
        String id = CONTAINERD.start(runtime, "", "sleep", "1000");
        assertThat(Leftovers.inCgroup(CONTAINERD.name() + "/" + id)).isNotEmpty();
        List<ProcessHandle> shims = Leftovers.processes("-id\0" + id + "\0");
        assertThat(shims).hasSize(1);
        shims.getFirst().destroyForcibly();
        Kit.await(
                "the container ends",
                () -> Leftovers.cgroups(CONTAINERD.name() + "/" + id).isEmpty());
        Kit.await(
                "the task is gone",
                () -> CONTAINERD.ok("tasks", "ls", "--quiet").isEmpty());
    }
}
