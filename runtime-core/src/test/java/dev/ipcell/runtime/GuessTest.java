// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A resident planner guesses what its caller will read. What counts is what was read. */
@Tag("root")
class GuessTest {
    @TempDir
    Path temporary;

    private WarmPlanner planner;
    private TestBundle bundle;

    @BeforeEach
    void call_the_planner_once() throws IOException, InterruptedException {
        planner = WarmPlanner.start();
        bundle = new TestBundle(temporary).script("echo first");
        assertThat(bundle.run().out()).isEqualTo("first\n");
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        planner.stop();
        Leftovers.assertNone(bundle);
    }

    private static String firstLine(Cell.Result result) {
        return result.err().lines().findFirst().orElse("");
    }

    private Cell.Result cold(TestBundle of) throws IOException, InterruptedException {
        Cell.callUsualPlanner();
        try {
            return of.run();
        } finally {
            Cell.callPlanner(planner.socket().toString());
        }
    }

    @Test
    void a_right_guess_spares_a_look() throws IOException, InterruptedException {
        Path trace = temporary.resolve("trace");
        assertThat(bundle.run("--trace", trace.toString()).exit()).isZero();
        assertThat(trace).content().contains("read $bundle/config.json").doesNotContain("read /proc/self/mountinfo");
    }

    @Test
    void a_changed_configuration_counts_at_once() throws IOException, InterruptedException {
        for (String word : List.of("second", "third", "second")) {
            assertThat(bundle.script("echo " + word).run().out()).isEqualTo(word + "\n");
        }
    }

    /** So it looks to the planner as if it were the same; that it is not is noticed once. */
    @Test
    void a_changed_configuration_of_the_same_length_and_time_counts_at_once() throws IOException, InterruptedException {
        assertThat(bundle.run().out()).isEqualTo("first\n");
        Path config = bundle.directory().resolve("config.json");
        FileTime time = Files.getLastModifiedTime(config);
        bundle.script("echo other").write();
        Files.setLastModifiedTime(config, time);
        List<String> looks = new ArrayList<>();
        Path trace = temporary.resolve("trace");
        for (int i = 0; i < 2; i++) {
            Cell.Result result = Cell.call(
                    "--root",
                    bundle.root().toString(),
                    "run",
                    "--trace",
                    trace.toString(),
                    "--bundle",
                    bundle.directory().toString(),
                    bundle.id());
            assertThat(result).isEqualTo(new Cell.Result(0, "other\n", ""));
            looks.add(Files.readString(trace).contains("read /proc/self/mountinfo") ? "twice" : "once");
        }
        assertThat(looks).containsExactly("twice", "once");
    }

    @Test
    void a_bundle_that_is_the_working_directory_is_told_without_links() throws IOException, InterruptedException {
        bundle.script("exec sleep 1000").write();
        Path link = Files.createSymbolicLink(temporary.resolve("link"), bundle.directory());
        for (String socket : List.of(planner.socket().toString(), "none")) {
            Cell.callPlanner(socket);
            String root = bundle.root().toString();
            assertThat(Cell.callIn(link, "--root", root, "create", bundle.id())).isEqualTo(new Cell.Result(0, "", ""));
            assertThat(bundle.call("state").out())
                    .contains('"' + bundle.directory().toRealPath().toString() + '"');
            assertThat(bundle.call("delete", "--force").err()).isEmpty();
        }
        Cell.callPlanner(planner.socket().toString());
    }

    /** The caller's root is a directory of the planner's; so one path leads to two bundles. */
    @Test
    void a_configuration_that_only_the_caller_sees_counts() throws IOException, InterruptedException {
        Path root = Files.createDirectory(temporary.resolve("root"));
        Path place = Files.createDirectories(Path.of(root + bundle.directory().toString()));
        bundle.replace(Cell.busybox().toString(), "/rootfs")
                .script("echo by the caller")
                .write();
        Files.copy(bundle.directory().resolve("config.json"), place.resolve("config.json"));
        bundle.script("echo by the planner").write();
        String script = String.join(
                " && ",
                "cd " + root,
                "mkdir bin proc sys dev d",
                "chmod 700 d",
                "cp " + Cell.executable() + " bin",
                "cp -a " + Cell.busybox() + " rootfs",
                "mount --bind . .",
                "cd " + root,
                "mount -t proc proc proc",
                "mount --rbind /sys sys",
                "mount --rbind /dev dev",
                Cell.executable() + " planner start --socket " + root + "/d/socket",
                "for i in 1 2; do IPCELL_PLANNER=/d/socket chroot . /bin/ipcell --debug --root /state run --bundle "
                        + bundle.directory() + " " + bundle.id() + "; done",
                Cell.executable() + " planner stop --socket " + root + "/d/socket");
        Cell.Result result =
                Cell.run(Path.of("/"), List.of("unshare", "-m", "--propagation", "private", "sh", "-c", script));
        assertThat(result.out().lines().filter(line -> line.startsWith("by")))
                .as(result.err())
                .containsExactly("by the caller", "by the caller");
        assertThat(result.err()).contains("msg=\"the resident planner").doesNotContain("no resident planner");
    }

    @Test
    void what_is_refused_and_what_is_missing_is_told_as_without_a_planner() throws Exception {
        TestBundle refused = new TestBundle(temporary).merge("{\"solaris\": {}}");
        TestBundle invalid = new TestBundle(temporary).merge("{\"ociVersion\": 7}");
        TestBundle rootless = new TestBundle(temporary).merge("{\"root\": {\"path\": \"/not/there\"}}");
        for (TestBundle wrong : List.of(refused, invalid, rootless)) {
            Cell.Result cold = cold(wrong);
            for (int i = 0; i < 2; i++) {
                Cell.Result warm = wrong.run();
                assertThat(warm.exit()).isEqualTo(cold.exit()).isNotZero();
                assertThat(firstLine(warm)).isEqualTo(firstLine(cold)).isNotEmpty();
            }
            Leftovers.assertNone(wrong);
        }
    }

    @Test
    void a_root_that_comes_and_goes_is_seen() throws IOException, InterruptedException {
        Path root = bundle.ownRoot();
        assertThat(bundle.run().out()).isEqualTo("first\n");
        Path away = root.resolveSibling("away");
        Files.move(root, away);
        assertThat(bundle.run().err()).contains("config.json /root/path").contains("ENOENT");
        Files.move(away, root);
        assertThat(bundle.run().out()).isEqualTo("first\n");
    }
}
