// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A Docker daemon whose containers have users of their own ({@code userns-remap}). */
@Tag("root")
class DockerUsersTest {
    @RegisterExtension
    static final Docker DOCKER = Docker.withUserNamespaces();

    @EachRuntime
    void root_is_another_user_outside(String runtime) throws IOException, InterruptedException {
        assertThat(DOCKER.inside(
                        runtime, "", "id -u; awk '{ print $1, $2, $3 }' /proc/self/uid_map; touch /x && ls -n /x"))
                .containsPattern("^0\n0 1000000 65536\n-rw-r--r-- +1 0 +0 ");
        assertThat(DOCKER.inside(runtime, "--userns host", "awk '{ print $1, $2, $3 }' /proc/self/uid_map"))
                .isEqualTo("0 0 4294967295");
    }

    /** Who joins an IPC namespace joins the user namespace that owns it too. */
    @EachRuntime
    void ipc_is_shared_with_the_same_users(String runtime) throws IOException, InterruptedException {
        String look = "readlink /proc/self/ns/user; ls /dev/mqueue /dev/shm";
        String id = DOCKER.start(
                runtime, "--ipc shareable", "sh", "-c", "touch /dev/mqueue/jobs /dev/shm/note; exec sleep 1000");
        Kit.await(
                "a note",
                () -> DOCKER.call("exec", id, "test", "-e", "/dev/shm/note").exit() == 0);
        String shared = DOCKER.ok("exec", id, "sh", "-c", look);
        assertThat(shared).endsWith("/dev/mqueue:\njobs\n\n/dev/shm:\nnote");
        assertThat(DOCKER.inside(runtime, "--ipc container:" + id, look)).isEqualTo(shared);
    }
}
