// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.spec.JsonArray;
import dev.ipcell.spec.JsonWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A container's own network is one that it can talk to itself over, as with runc and crun. */
@Tag("root")
class NetworkNamespaceTest extends BundleTest {
    private static final String FLAGS = "cat /sys/class/net/lo/flags";
    private static final String UP = "0x9\n";
    private static final String DOWN = "0x8\n";

    @Test
    void a_new_one_has_its_loopback_device_up() throws IOException, InterruptedException {
        assertThat(inside(FLAGS)).isEqualTo(UP);
    }

    /** The caller has something to read that does not end: one that hangs up at once may do so before it is answered. */
    @Test
    void programs_reach_each_other_over_it() throws IOException, InterruptedException {
        assertThat(inside("mkfifo /dev/shm/open; exec 3<>/dev/shm/open; echo heard | busybox nc -l -p 1024 &"
                        + " until busybox nc 127.0.0.1 1024 <&3 2>/dev/null; do :; done"))
                .isEqualTo("heard\n");
    }

    @Test
    void a_new_one_of_a_user_namespace_too() throws IOException, InterruptedException {
        bundle.userNamespace();
        assertThat(inside(FLAGS)).isEqualTo(UP);
    }

    @Test
    void hooks_that_run_before_anything_is_mounted_find_it_up_too() throws Exception {
        Path seen = temporary.resolve("seen");
        String script = "cat /proc/$(grep -o '\"pid\":[0-9]*' | cut -d : -f 2)/net/fib_trie > " + seen;
        bundle.merge("{\"hooks\": {\"createRuntime\": [{\"path\": \"/bin/sh\", \"args\": "
                + JsonWriter.compact(JsonArray.ofStrings(List.of("sh", "-c", script))) + "}]}}");
        assertThat(inside(FLAGS)).isEqualTo(UP);
        assertThat(seen).content().contains("127.0.0.1");
    }

    @Test
    void one_that_is_joined_stays_as_it_is() throws Exception {
        Process holder = new ProcessBuilder("unshare", "-n", "sh", "-c", "echo; exec sleep 100").start();
        try {
            assertThat(holder.getInputStream().read()).isEqualTo('\n');
            String path = "/proc/" + holder.pid() + "/ns/net";
            bundle.replace("\"type\": \"network\"", "\"type\": \"network\", \"path\": \"" + path + "\"");
            assertThat(inside(FLAGS + "; readlink /proc/self/ns/net"))
                    .isEqualTo(DOWN + Files.readSymbolicLink(Path.of(path)) + "\n");
        } finally {
            holder.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void the_callers_own_is_shared_if_none_is_asked_for() throws Exception {
        bundle.merge("{\"linux\": {\"namespaces\": [{\"type\": \"pid\"}, {\"type\": \"ipc\"}, {\"type\": \"mount\"}]}}")
                .merge("{\"hostname\": \"\"}");
        assertThat(inside("readlink /proc/self/ns/net"))
                .isEqualTo(Cell.run(Path.of("/"), List.of("readlink", "/proc/self/ns/net"))
                        .out());
    }
}
