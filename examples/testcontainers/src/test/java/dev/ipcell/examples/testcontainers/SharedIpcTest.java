// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.examples.testcontainers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Two containers talk through System V shared memory and POSIX message queues; a third one hears nothing. */
public class SharedIpcTest {
    /** The system log of busybox is kept in System V shared memory, guarded by semaphores. */
    private static final String LOG = "syslogd -C16; exec sleep 1000";

    @Test
    void containers_share_ipc_where_they_are_told_to() throws IOException, InterruptedException {
        try (IpcellContainer owner = container(LOG).withIpc("shareable")) {
            owner.start();
            try (IpcellContainer guest = container("sleep 1000").withIpc("container:" + owner.getContainerId());
                    IpcellContainer stranger = container("sleep 1000").withIpc("private")) {
                guest.start();
                stranger.start();
                assertThat(sh(owner, "until test -S /dev/log; do sleep 0.1; done; logger -t owner hello; touch /dev/mqueue/jobs; echo here > /dev/shm/note"))
                        .isEmpty();
                assertThat(sh(guest, "until logread | grep -o 'owner: hello'; do sleep 0.1; done"))
                        .isEqualTo("owner: hello\n");
                assertThat(sh(guest, "ls /dev/mqueue; cat /dev/shm/note")).isEqualTo("jobs\nhere\n");
                assertThat(sh(stranger, "logread 2>&1; ls /dev/mqueue /dev/shm"))
                        .isEqualTo("logread: can't find syslogd buffer: No such file or directory\n"
                                + "/dev/mqueue:\n\n/dev/shm:\n");
            }
        }
    }

    private static IpcellContainer container(String script) {
        return new IpcellContainer("busybox").withCommand("sh", "-c", script);
    }

    private static String sh(IpcellContainer container, String script) throws IOException, InterruptedException {
        return container.execInContainer("sh", "-c", script).getStdout();
    }
}
