// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Launches whose mount namespace is a copy of the empty one that a resident planner keeps, and those that need the caller's. */
@Tag("root")
class EmptyMountsTest {
    private static final String COPIED = "setns $empty-mounts newns";

    @TempDir
    Path temporary;

    /** Null in a test that has one of another kind. */
    private @Nullable WarmPlanner planner;

    private TestBundle bundle;
    private Path data;

    @BeforeEach
    void make_a_bundle() throws Exception {
        bundle = new TestBundle(temporary);
        Files.createDirectories(bundle.ownRoot().resolve("run/a"));
        data = Files.createDirectories(temporary.resolve("data"));
        Files.writeString(data.resolve("file"), "of the host\n");
    }

    @AfterEach
    void nothing_is_left() throws Exception {
        bundle.call("delete", "--force");
        if (planner != null) {
            planner.stop();
        }
        Leftovers.assertNone(bundle);
    }

    private WarmPlanner start() throws Exception {
        WarmPlanner started = WarmPlanner.start();
        planner = started;
        return started;
    }

    /** What a run says with a planner; without one it is the same. */
    private Cell.Result alike() throws Exception {
        WarmPlanner started = start();
        Cell.Result warm = bundle.run();
        Cell.callPlanner("none");
        Cell.Result cold = bundle.run();
        Cell.callPlanner(started.socket().toString());
        assertThat(cold.err()).isEmpty();
        assertThat(warm).isEqualTo(cold);
        return warm;
    }

    private void bind(Path source, String destination, String options) throws Exception {
        bundle.merge("{\"mounts+\": [{\"source\": \"" + source + "\", \"destination\": \"" + destination
                + "\", \"options\": [" + options + "]}]}");
    }

    /** What a run does, as its trace tells it; options go before the ID. */
    private String operations(List<String> prefix) throws Exception {
        start();
        Path trace = temporary.resolve("trace.json");
        bundle.write();
        List<String> call = new ArrayList<>(prefix);
        call.addAll(
                List.of(Cell.executable().toString(), "--root", bundle.root().toString(), "run"));
        call.addAll(List.of("--bundle", bundle.directory().toString(), "--trace", trace.toString(), bundle.id()));
        Cell.Result result = Cell.run(bundle.directory(), call);
        assertThat(result.err()).isEmpty();
        assertThat(result.exit()).isZero();
        return String.join("\n", TracedOperations.described(trace).values());
    }

    @Test
    void a_launch_enters_a_copy_and_pivots_away_from_nothing() throws Exception {
        bundle.script("true");
        assertThat(operations(List.of())).contains(COPIED, "chroot $root").doesNotContain("pivot-root");
    }

    @Test
    void a_container_sees_the_same_mounts_as_one_that_is_launched_without_a_planner() throws Exception {
        bind(data, "/data", "\"rbind\", \"ro\", \"rslave\"");
        bind(data.resolve("file"), "/etc/new", "\"bind\", \"nosuid\"");
        bundle.merge(
                "{\"mounts+\": [{\"destination\": \"/etc\", \"type\": \"tmpfs\", \"options\": [\"tmpcopyup\", \"ro\"]},"
                        + "{\"destination\": \"/run/a\", \"type\": \"tmpfs\", \"source\": \"named\", \"options\": [\"size=64k\"]}]}");
        bind(data.resolve("file"), "/etc/last", "\"bind\"");
        bundle.script("cut -d' ' -f4- /proc/self/mountinfo; cat /data/file /etc/last; ls -la /etc | wc -l;"
                + " mount | wc -l; unshare -U true && echo made a user namespace");
        assertThat(alike().out()).contains("/run/a", "of the host\nof the host\n", "made a user namespace");
    }

    @ParameterizedTest
    @ValueSource(strings = {"prestart", "createRuntime", "createContainer"})
    void hooks_that_come_before_the_root_is_entered_find_the_caller_s_mounts(String kind) throws Exception {
        Path script = temporary.resolve("hook");
        Path seen = data.resolve("seen");
        String look = kind.equals("createContainer")
                ? "cat " + data + "/file"
                : "pid=$(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/'); nsenter -t $pid -m cat " + data + "/file";
        Files.writeString(script, "#!/bin/sh\n" + look + " > " + seen + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        bundle.merge("{\"hooks\": {\"" + kind + "\": [{\"path\": \"" + script + "\"}]}}")
                .script("true");
        assertThat(operations(List.of())).doesNotContain(COPIED).contains("pivot-root");
        assertThat(seen).hasContent("of the host\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-sys_ptrace", "-sys_chroot"})
    void a_caller_that_may_not_have_it_launches_without(String lacks) throws Exception {
        bundle.script("true");
        assertThat(operations(List.of("setpriv", "--bounding-set", lacks)))
                .doesNotContain(COPIED)
                .contains("pivot-root");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "private", "rprivate", "unbindable", "slave", "rslave", "shared", "rshared"})
    void what_is_bound_hears_of_the_host_s_mounts_and_tells_of_its_own_as_without_a_planner(String root)
            throws Exception {
        if (!root.isEmpty()) {
            bundle.linux("\"rootfsPropagation\": \"" + root + "\"");
        }
        bind(data, "/shared", "\"rbind\", \"rshared\"");
        bind(data, "/slave", "\"rbind\", \"rslave\"");
        bind(data, "/usual", "\"rbind\"");
        bind(data, "/private", "\"rbind\", \"rprivate\"");
        bundle.merge("{\"process\": {\"capabilities\": {\"bounding\": [\"CAP_SYS_ADMIN\"],"
                + "\"effective\": [\"CAP_SYS_ADMIN\"], \"permitted\": [\"CAP_SYS_ADMIN\"]}}}");
        bundle.script("mkdir /shared/inner && mount -t tmpfs inner /shared/inner && touch /shared/inner/made;"
                        + " exec sleep 1000")
                .write();
        String ipcell = Cell.executable() + " --root " + bundle.root();
        String script = String.join(
                "\n",
                "mount -t tmpfs host " + data + "; mkdir " + data + "/outer",
                ipcell + " planner start",
                ipcell + " planner status | grep -q 'empty mount namespace: [0-9]' || echo has none",
                "for IPCELL_PLANNER in $IPCELL_PLANNER none; do",
                ipcell + " run -d --bundle " + bundle.directory() + " " + bundle.id(),
                ipcell + " exec " + bundle.id() + " sh -c 'while [ ! -e /shared/inner/made ]; do sleep 0.01; done'",
                "mount -t tmpfs outer " + data + "/outer; touch " + data + "/outer/made",
                "for place in shared slave usual private; do",
                ipcell + " exec " + bundle.id() + " sh -c \"ls -d /$place/*/made 2>/dev/null; true\"",
                "done",
                ipcell + " delete --force " + bundle.id() + "; umount " + data + "/outer",
                "grep -c " + data + "/ /proc/self/mountinfo; umount " + data + "/inner 2>/dev/null; rmdir " + data
                        + "/inner",
                "echo; done",
                "sed -n 's/^requests: //p' <<END",
                "$(IPCELL_PLANNER=" + temporary + "/d/socket " + ipcell + " planner status)",
                "END",
                "IPCELL_PLANNER=" + temporary + "/d/socket " + ipcell + " planner stop");
        List<String> words = List.of(
                "env",
                "IPCELL_PLANNER=" + temporary + "/d/socket",
                "unshare",
                "--mount",
                "--propagation",
                "shared",
                "sh",
                "-c",
                script);
        Cell.Result result = Cell.run(bundle.directory(), words);
        assertThat(result.err()).isEmpty();
        List<String> parts = List.of(result.out().split("\n\n"));
        assertThat(parts).hasSize(3);
        assertThat(parts.get(0)).as("with a planner").isEqualTo(parts.get(1));
        assertThat(parts.get(0)).startsWith("/shared/inner/made\n");
        if (root.isEmpty()) {
            assertThat(parts.get(0))
                    .isEqualTo("/shared/inner/made\n/shared/outer/made\n/slave/inner/made\n/slave/outer/made\n"
                            + "/usual/inner/made\n/usual/outer/made\n1");
        }
        // run, three times exec, delete; and being asked.
        assertThat(Integer.parseInt(parts.get(2).strip())).isGreaterThanOrEqualTo(6);
    }

    @Test
    void a_planner_without_capabilities_has_it_made_by_the_first_caller_that_can() throws Exception {
        bundle.script("echo ran").write();
        String ipcell = Cell.executable() + " --root " + bundle.root();
        String script = String.join(
                "\n",
                "setpriv --bounding-set -all " + ipcell + " planner start",
                "setpriv --bounding-set -sys_ptrace " + ipcell + " planner status | grep empty",
                ipcell + " planner status | grep -c 'empty mount namespace: [0-9]'",
                "grep CapPrm /proc/$(cat " + temporary + "/d/pid)/status",
                "ls " + temporary + "/d",
                ipcell + " plan --bundle " + bundle.directory() + " " + bundle.id() + " | grep -c '" + COPIED + "'",
                ipcell + " run --bundle " + bundle.directory() + " " + bundle.id(),
                ipcell + " planner stop");
        List<String> words = List.of("env", "IPCELL_PLANNER=" + temporary + "/d/socket", "sh", "-c", script);
        assertThat(Cell.run(bundle.directory(), words))
                .isEqualTo(new Cell.Result(
                        0, "empty mount namespace: none\n1\nCapPrm:\t0000000000000000\npid\nsocket\n1\nran\n", ""));
    }

    @Test
    void what_is_copied_into_a_tmpfs_with_mapped_ids_keeps_its_owners_as_without_a_planner() throws Exception {
        bundle.merge("{\"mounts+\": [{\"destination\": \"/etc\", \"type\": \"tmpfs\", \"options\": [\"tmpcopyup\"],"
                + "\"uidMappings\": [{\"containerID\": 0, \"hostID\": 100000, \"size\": 65536}],"
                + "\"gidMappings\": [{\"containerID\": 0, \"hostID\": 200000, \"size\": 65536}]}]}");
        bundle.script("stat -c '%u %g %n' /etc/*");
        assertThat(alike().out()).contains("/etc/passwd");
    }

    @Test
    void a_caller_with_another_root_does_not_make_it() throws Exception {
        Path jail = Files.createDirectory(temporary.resolve("jail"));
        String status = Cell.executable() + " planner status | grep empty";
        String script = String.join(
                "\n",
                "mount --rbind / " + jail,
                Cell.executable() + " planner start",
                "chroot " + jail + " " + status,
                status + " | sed 's/[0-9][0-9]*/NUMBER/'",
                "chroot " + jail + " " + status + " | sed 's/[0-9][0-9]*/NUMBER/'",
                Cell.executable() + " planner stop");
        List<String> words =
                List.of("env", "IPCELL_PLANNER=" + temporary + "/d/socket", "unshare", "--mount", "sh", "-c", script);
        assertThat(Cell.run(bundle.directory(), words))
                .isEqualTo(new Cell.Result(
                        0,
                        "empty mount namespace: none\nempty mount namespace: NUMBER\nempty mount namespace: NUMBER\n",
                        ""));
    }
}
