// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.spec.InvalidSpecException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Containers without a mount namespace of their own (runtime-spec, config-linux.md, "Namespaces": it is inherited then). */
@Tag("root")
class SharedMountsTest {
    private static final List<String> REST = List.of("pid", "network", "ipc", "uts", "cgroup");
    private static final Path OWN = Path.of("/proc/self/ns/mnt");

    @TempDir
    Path temporary;

    private TestBundle bundle;

    @BeforeEach
    void make_a_bundle() throws Exception {
        bundle = new TestBundle(temporary);
        bundle.ownRoot();
        namespaces(REST);
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        bundle.call("delete", "--force");
        Leftovers.assertNone(bundle);
    }

    /** These alone, and no paths that are masked or read-only: that needs a mount namespace. */
    private void namespaces(List<String> kinds) throws InvalidSpecException {
        StringBuilder list = new StringBuilder();
        for (String kind : kinds) {
            list.append(list.isEmpty() ? "" : ",")
                    .append("{\"type\": \"")
                    .append(kind)
                    .append("\"}");
        }
        linux("\"namespaces\": [" + list + "]");
    }

    private void linux(String members) throws InvalidSpecException {
        bundle.merge("{\"linux\": {\"maskedPaths\": [], \"readonlyPaths\": [], " + members + "}}");
    }

    private static String mounts() throws IOException {
        return Files.readString(Path.of("/proc/self/mountinfo"));
    }

    @Test
    void one_runs_in_its_root_and_its_mounts_end_with_it() throws IOException, InterruptedException {
        bundle.script("readlink /proc/self/ns/mnt; ls /; echo $$");
        Cell.Result result = bundle.run();
        assertThat(result.err()).isEmpty();
        List<String> lines = result.out().lines().toList();
        assertThat(lines).startsWith(Files.readSymbolicLink(OWN).toString());
        assertThat(lines).contains("bin", "dev", "proc").endsWith("1").doesNotContain("boot");
    }

    @Test
    void one_can_share_every_namespace() throws Exception {
        namespaces(List.of());
        bundle.merge("{\"hostname\": \"\"}");
        bundle.script("for kind in mnt pid net ipc uts cgroup user time; do readlink /proc/self/ns/$kind; done");
        StringBuilder own = new StringBuilder();
        for (String kind : List.of("mnt", "pid", "net", "ipc", "uts", "cgroup", "user", "time")) {
            own.append(Files.readSymbolicLink(Path.of("/proc/self/ns", kind))).append('\n');
        }
        assertThat(bundle.run()).isEqualTo(new Cell.Result(0, own.toString(), ""));
    }

    @Test
    void exec_goes_into_its_root_and_delete_takes_the_mounts_away() throws IOException, InterruptedException {
        bundle.script("echo inside > /tmp/mark; exec sleep 1000");
        assertThat(bundle.detached().err()).isEmpty();
        Cell.Result result = bundle.call("exec", "sh", "-c", "cat /tmp/mark; pwd; ls /proc/self/fd | wc -l");
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).startsWith("inside\n/\n");
        assertThat(mounts()).contains(bundle.directory() + "/rootfs/proc ");
        assertThat(bundle.call("kill", "KILL").err()).isEmpty();
        assertThat(bundle.call("delete", "--force").err()).isEmpty();
        assertThat(mounts()).doesNotContain(bundle.id());
    }

    @ParameterizedTest
    @ValueSource(strings = {"mounted", "no-pivot"})
    void the_host_s_own_mounts_stay_as_they_are(String how) throws IOException, InterruptedException {
        String before = mounts();
        bundle.script("echo ran");
        Cell.Result result = how.equals("no-pivot") ? bundle.run("--no-pivot") : bundle.run();
        assertThat(result).isEqualTo(new Cell.Result(0, "ran\n", ""));
        assertThat(mounts()).isEqualTo(before);
    }

    @Test
    void the_path_of_the_caller_s_own_is_the_same_as_none() throws Exception {
        linux("\"namespaces\": [{\"type\": \"uts\"}, {\"type\": \"mount\", \"path\": \"/proc/"
                + ProcessHandle.current().pid() + "/ns/mnt\"}]");
        bundle.script("readlink /proc/self/ns/mnt");
        assertThat(bundle.run()).isEqualTo(new Cell.Result(0, Files.readSymbolicLink(OWN) + "\n", ""));
    }

    @Test
    void what_is_mounted_where_mounts_are_shared_ends_with_it_too() throws IOException, InterruptedException {
        bundle.script("echo ran").write();
        String call = Cell.executable() + " --root " + bundle.root() + " run --bundle " + bundle.directory() + " "
                + bundle.id() + "; grep -c " + bundle.id() + " /proc/self/mountinfo";
        List<String> words = List.of("unshare", "--mount", "--propagation", "shared", "sh", "-c", call);
        assertThat(Cell.run(bundle.directory(), words)).isEqualTo(new Cell.Result(1, "ran\n0\n", ""));
    }

    @Test
    void a_launch_that_fails_in_it_leaves_no_mount() throws IOException, InterruptedException {
        String before = mounts();
        assertThat(bundle.command("/no/such/program").run().err())
                .startsWith("ipcell: config.json /process/args")
                .hasLineCount(1);
        assertThat(mounts()).isEqualTo(before);
    }

    @Test
    void what_cannot_be_had_is_refused_by_name() throws Exception {
        bundle.userNamespace();
        assertThat(bundle.run().err())
                .startsWith("ipcell: config.json /linux/namespaces: the mount namespace is the caller's own")
                .hasLineCount(1);
        bundle = new TestBundle(temporary);
        namespaces(REST);
        bundle.merge("{\"root\": {\"path\": \"/\"}}");
        assertThat(bundle.run().err())
                .startsWith("ipcell: config.json /root/path: is the caller's own root")
                .hasLineCount(1);
    }
}
