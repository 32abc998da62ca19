// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bind mounts whose source, a path of the host below the container's root, is what an earlier mount of the container put there. */
@Tag("root")
class MountOrderTest {
    private static final String IDS = "\"uidMappings\": [{\"containerID\": 0, \"hostID\": 100000, \"size\": 65536}], "
            + "\"gidMappings\": [{\"containerID\": 0, \"hostID\": 200000, \"size\": 65536}], ";

    @TempDir
    Path temporary;

    private TestBundle bundle;
    private Path root;
    private Path data;

    @BeforeEach
    void make_a_bundle_and_a_source() throws IOException, InterruptedException {
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        bundle = new TestBundle(temporary);
        root = bundle.ownRoot();
        data = Files.createDirectories(temporary.resolve("data"));
        Files.createDirectory(data.resolve("below"));
        Files.writeString(data.resolve("below/file"), "of the mount\n");
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        Leftovers.assertNone(bundle);
    }

    private void bind(Object source, String destination, String more) throws Exception {
        bundle.merge("{\"mounts+\": [{" + more + "\"source\": \"" + source + "\", \"destination\": \"" + destination
                + "\", \"options\": [\"rbind\"]}]}");
    }

    /** Its root may make nothing in the root file system. */
    private void userNamespace() throws IOException {
        bundle.userNamespace();
        for (String place : List.of("mnt", "new", "final")) {
            Files.createDirectories(root.resolve(place));
        }
    }

    private String inside(String script) throws IOException, InterruptedException {
        Cell.Result result = bundle.script(script).run();
        assertThat(result.err()).isEmpty();
        assertThat(result.exit()).isZero();
        return result.out();
    }

    @ParameterizedTest
    @ValueSource(strings = {"%s/mnt/below", "%s//mnt/./below/", "%s/../rootfs/mnt/below", "rootfs/mnt/below"})
    void a_directory_is_bound_from_there(String source) throws Exception {
        bind(data, "/mnt", "");
        bind(source.formatted(root), "/new/place", "");
        assertThat(inside("cat /new/place/file")).isEqualTo("of the mount\n");
        assertThat(root.resolve("mnt/below")).doesNotExist();
    }

    @Test
    void a_file_is_bound_from_there_and_its_mount_point_is_a_file() throws Exception {
        bind(data, "/mnt", "");
        bind(root.resolve("mnt/below/file"), "/etc/new", "");
        assertThat(inside("cat /etc/new")).isEqualTo("of the mount\n");
        assertThat(root.resolve("etc/new")).isRegularFile();
    }

    @Test
    void the_earlier_mount_covers_what_the_root_has_there() throws Exception {
        Files.createDirectories(root.resolve("mnt/below"));
        Files.writeString(root.resolve("mnt/below/file"), "covered\n");
        bind(data, "/mnt", "");
        bind(root.resolve("mnt/below"), "/new", "");
        bind(root.resolve("mnt"), "/all", "");
        assertThat(inside("cat /new/file /all/below/file")).isEqualTo("of the mount\nof the mount\n");
    }

    @Test
    void before_the_mount_there_is_what_the_root_has() throws Exception {
        Files.createDirectories(root.resolve("mnt/below"));
        Files.writeString(root.resolve("mnt/below/file"), "of the root\n");
        bind(root.resolve("mnt/below"), "/new", "");
        bind(data, "/mnt", "");
        assertThat(inside("cat /new/file /mnt/below/file")).isEqualTo("of the root\nof the mount\n");
    }

    @ParameterizedTest
    @CsvSource({"false, ''", "true, ''", "false, idmap", "true, idmap"})
    void a_tree_of_mounts_is_bound_as_it_grew(boolean user, String ids) throws Exception {
        if (user) {
            userNamespace();
        }
        String maps = ids.isEmpty() ? "" : IDS;
        bind(data, "/mnt", "");
        bind(data, "/mnt/below", "");
        bind(root.resolve("mnt/below/below"), root + "/mnt/below/below", maps);
        bind(root.resolve("mnt"), "/final", maps);
        assertThat(inside("cat /final/below/below/file; awk '$5 ~ \"^/(final|mnt)\" { print $5 }' /proc/self/mountinfo"
                        + " | sort"))
                .isEqualTo("of the mount\n/final\n/final/below\n/final/below/below\n/mnt\n/mnt/below\n"
                        + "/mnt/below/below\n");
    }

    @ParameterizedTest
    @CsvSource({"false, 100000:200000", "true, 0:0"})
    void its_ids_can_be_mapped(boolean user, String owner) throws Exception {
        if (user) {
            userNamespace();
        }
        bind(data, "/mnt", "");
        bind(root.resolve("mnt/below"), "/new", IDS);
        assertThat(inside("stat -c %u:%g /new/file")).isEqualTo(owner + "\n");
    }

    @Test
    void one_that_is_not_there_after_all_is_an_error_of_its_place() throws Exception {
        bind(data, "/mnt", "");
        bind(root.resolve("mnt/missing"), "/new", "");
        Cell.Result result = bundle.script("true").run();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .isEqualTo("ipcell: config.json /mounts/8/source (" + root + "/mnt/missing): /mnt/missing:"
                        + " no such file or directory (ENOENT)\n");
        assertThat(root.resolve("new")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/data", "../../../../../../../../..", "/proc/self/root"})
    void a_link_in_a_mount_does_not_lead_out_of_the_root(String target) throws Exception {
        String out = target.equals("/data") ? data.toString() : target;
        Files.createSymbolicLink(data.resolve("link"), Path.of(out));
        bind(data, "/mnt", "");
        bind(root + "/mnt/link/below", "/new", "");
        Cell.Result result = bundle.script("cat /new/file").run();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err())
                .startsWith("ipcell: config.json /mounts/8/source (" + root + "/mnt/link/below): ")
                .contains("/mnt/link/below: ");
    }

    @Test
    void a_destination_may_be_a_path_of_the_host_below_the_root() throws Exception {
        bind(data, root + "/mnt", "");
        bind(root + "/mnt/below", root + "/new", "");
        assertThat(inside("cat /mnt/below/file /new/file; ls -d /" + temporary.getName(0)
                        + "/junit* 2>/dev/null || true"))
                .isEqualTo("of the mount\nof the mount\n");
    }
}
