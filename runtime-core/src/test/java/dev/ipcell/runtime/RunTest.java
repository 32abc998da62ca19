// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A container's life in the foreground, seen from inside it. */
@Tag("root")
class RunTest extends BundleTest {
    /** What ends by itself leaves nothing for anybody else to delete. */
    @Override
    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        Leftovers.assertNone(bundle);
    }

    @Test
    @Covers({
        "/linux/namespaces/*/type=mount",
        "/linux/namespaces/*/type=pid",
        "/linux/namespaces/*/type=ipc",
        "/linux/namespaces/*/type=uts",
        "/linux/namespaces/*/type=network",
        "/linux/namespaces/*/type=cgroup"
    })
    void the_container_has_namespaces_of_its_own() throws IOException, InterruptedException {
        String inside = inside("for n in mnt pid ipc uts net cgroup user; do readlink /proc/self/ns/$n; done");
        String[] lines = inside.split("\n", -1);
        String[] names = {"mnt", "pid", "ipc", "uts", "net", "cgroup"};
        for (int i = 0; i < names.length; i++) {
            String host =
                    Files.readSymbolicLink(Path.of("/proc/self/ns", names[i])).toString();
            assertThat(lines[i]).startsWith(names[i] + ":[").isNotEqualTo(host);
        }
        assertThat(lines[6])
                .isEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/user")).toString());
    }

    @Test
    void its_command_is_process_1_and_alone() throws IOException, InterruptedException {
        assertThat(inside("echo $$; echo /proc/[0-9]*")).isEqualTo("1\n/proc/1\n");
    }

    @Test
    void the_old_root_is_out_of_reach() throws IOException, InterruptedException {
        assertThat(inside("grep -c " + temporary + " /proc/self/mountinfo; ls /proc/1/root/ | sort | head -1"))
                .isEqualTo("0\nbin\n");
    }

    @Test
    void the_default_file_systems_are_mounted_with_their_options() throws IOException, InterruptedException {
        String mounts = inside("cat /proc/mounts");
        assertThat(mounts.lines().map(line -> line.replaceFirst("^[^ ]+ ", "")))
                .anySatisfy(line -> assertThat(line).startsWith("/ ").contains(" ro"))
                .anySatisfy(line -> assertThat(line).startsWith("/proc proc rw,"))
                .anySatisfy(line ->
                        assertThat(line).startsWith("/dev tmpfs rw,nosuid,").contains("size=65536k", "mode=755"))
                .anySatisfy(line -> assertThat(line)
                        .startsWith("/dev/pts devpts rw,nosuid,noexec,")
                        .contains("ptmxmode=666"))
                .anySatisfy(line -> assertThat(line).startsWith("/dev/shm tmpfs rw,nosuid,nodev,noexec,"))
                .anySatisfy(line -> assertThat(line).startsWith("/dev/mqueue mqueue rw,nosuid,nodev,noexec,"))
                .anySatisfy(line -> assertThat(line).startsWith("/sys sysfs ro,nosuid,nodev,noexec,"))
                .anySatisfy(line -> assertThat(line).startsWith("/sys/fs/cgroup"));
    }

    @Test
    void the_default_devices_and_links_are_there_and_work() throws IOException, InterruptedException {
        String devices = inside("for d in null zero full random urandom tty; do stat -c '%n %F %t:%T %a' /dev/$d; done;"
                + "for l in fd stdin stdout stderr core ptmx; do echo $l $(readlink /dev/$l); done;"
                + "echo x > /dev/null; head -c 4 /dev/zero | od -An -tx1; (echo x > /dev/full) 2>&1 || true");
        assertThat(devices)
                .contains("/dev/null character special file 1:3 666")
                .contains("/dev/tty character special file 5:0 666")
                .contains("fd /proc/self/fd\n")
                .contains("core /proc/kcore\n")
                .contains("ptmx pts/ptmx\n")
                .contains("00 00 00 00")
                .contains("No space left on device");
    }

    @Test
    void masked_paths_are_empty_and_readonly_paths_cannot_be_written() throws IOException, InterruptedException {
        assertThat(inside("wc -c < /proc/keys; ls /proc/acpi 2>/dev/null | wc -l;"
                        + "(echo 1 > /proc/sys/vm/drop_caches) 2>&1 | grep -o 'Read-only.*'; wc -c < /proc/timer_list"))
                .isEqualTo("0\n0\nRead-only file system\n0\n");
    }

    @Test
    @Covers("/process/args")
    void hostname_environment_working_directory_and_arguments_are_as_configured()
            throws IOException, InterruptedException {
        bundle.replace("\"hostname\": \"ipcell\"", "\"hostname\": \"vault\", \"domainname\": \"example.org\"")
                .replace("\"TERM=xterm\"", "\"TERM=xterm\", \"A=b c\", \"EMPTY=\"")
                .replace("\"cwd\": \"/\"", "\"cwd\": \"/tmp\"")
                .command(
                        "/bin/sh",
                        "-c",
                        "hostname; cat /proc/sys/kernel/domainname; pwd; env | sort; echo \"$0|$1|$2\"",
                        "zero",
                        "one two",
                        "");
        Cell.Result result = bundle.run();
        assertThat(result.out())
                .isEqualTo(
                        "vault\nexample.org\n/tmp\nA=b c\nEMPTY=\nHOME=/root\n"
                                + "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nPWD=/tmp\nSHLVL=1\nTERM=xterm\nzero|one two|\n");
    }

    @Test
    void a_working_directory_that_is_missing_is_made() throws IOException, InterruptedException {
        bundle.ownRoot();
        bundle.replace("\"cwd\": \"/\"", "\"cwd\": \"/deep/er\"");
        assertThat(inside("pwd")).isEqualTo("/deep/er\n");
    }

    @Test
    void user_groups_and_umask_are_as_configured() throws IOException, InterruptedException {
        bundle.replace("\"uid\": 0", "\"uid\": 1234, \"umask\": 63, \"additionalGids\": [7, 8]")
                .replace("\"gid\": 0", "\"gid\": 55");
        assertThat(inside("umask; grep -E '^(Uid|Gid|Groups)' /proc/self/status | tr -s ' \\t' ' '"))
                .isEqualTo("0077\nUid: 1234 1234 1234 1234\nGid: 55 55 55 55\nGroups: 7 8 \n");
    }

    @Test
    void capabilities_are_exactly_the_configured_ones() throws IOException, InterruptedException {
        // CAP_AUDIT_WRITE (29), CAP_KILL (5), CAP_NET_BIND_SERVICE (10)
        assertThat(inside("grep ^Cap /proc/self/status | tr -s ' \\t' ' '"))
                .isEqualTo("CapInh: 0000000000000000\nCapPrm: 0000000020000420\nCapEff: 0000000020000420\n"
                        + "CapBnd: 0000000020000420\nCapAmb: 0000000000000000\n");
    }

    @Test
    void ambient_capabilities_stay_with_an_ordinary_user() throws IOException, InterruptedException {
        bundle.replace("\"uid\": 0", "\"uid\": 1000");
        bundle.replace("\"bounding\":", "\"inheritable\": [\"CAP_KILL\"], \"bounding\":");
        assertThat(inside("grep -E '^Cap(Eff|Amb)' /proc/self/status | tr -s ' \\t' ' '"))
                .isEqualTo("CapEff: 0000000000000020\nCapAmb: 0000000000000020\n");
    }

    @Test
    void no_new_privileges_is_set_or_not() throws IOException, InterruptedException {
        assertThat(inside("grep NoNewPrivs /proc/self/status")).isEqualTo("NoNewPrivs:\t1\n");
        bundle.replace("\"noNewPrivileges\": true", "\"noNewPrivileges\": false");
        assertThat(inside("grep NoNewPrivs /proc/self/status")).isEqualTo("NoNewPrivs:\t0\n");
    }

    @Test
    void resource_limits_are_set() throws IOException, InterruptedException {
        bundle.replace(
                "\"rlimits\": [", "\"rlimits\": [{\"type\": \"RLIMIT_CORE\", \"soft\": 10240, \"hard\": 20480},");
        assertThat(inside("ulimit -n; ulimit -c; ulimit -Hc; grep 'open files' /proc/self/limits | tr -s ' '"))
                .isEqualTo("1024\n20\n40\nMax open files 1024 1024 files \n");
    }

    @Test
    void no_descriptor_of_ours_is_open_inside() throws IOException, InterruptedException {
        assertThat(inside("cd /proc/self/fd; echo *")).isEqualTo("0 1 2 3\n");
    }

    @Test
    void all_signals_are_unblocked_and_not_ignored() throws IOException, InterruptedException {
        assertThat(inside("exec grep -E '^Sig(Blk|Ign)' /proc/self/status"))
                .isEqualTo("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 42, 255})
    void the_exit_code_is_the_containers(int code) throws IOException, InterruptedException {
        assertThat(bundle.script("exit " + code).run().exit()).isEqualTo(code);
    }

    @Test
    void a_container_ended_by_a_signal_gives_128_and_its_number() throws IOException, InterruptedException {
        Path file = temporary.resolve("pid");
        Process run = start("echo ready; sleep 1000", "--pid-file", file.toString());
        assertThat(run.inputReader().readLine()).isEqualTo("ready");
        Cell.run(temporary, List.of("kill", "-KILL", Files.readString(file)));
        assertThat(run.waitFor()).isEqualTo(128 + 9);
    }

    @Test
    void the_container_is_in_cgroups_of_its_own_which_are_removed() throws IOException, InterruptedException {
        String inside = inside("cat /proc/self/cgroup; ls /sys/fs/cgroup");
        assertThat(inside.lines().filter(line -> line.contains(":")))
                .isNotEmpty()
                .allMatch(line -> line.endsWith(":/"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT", "HUP", "USR1", "QUIT"})
    void a_signal_to_the_runtime_reaches_the_container(String signal) throws IOException, InterruptedException {
        Process run = start(
                "trap 'echo got " + signal + "; exit 7' " + signal + "; echo ready; while :; do sleep 0.01; done");
        try {
            assertThat(run.inputReader().readLine()).isEqualTo("ready");
            Cell.run(temporary, List.of("kill", "-" + signal, Long.toString(run.pid())));
            assertThat(run.inputReader().readLine()).isEqualTo("got " + signal);
            assertThat(run.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(run.exitValue()).isEqualTo(7);
        } finally {
            run.destroyForcibly();
        }
    }

    private Process start(String script, String... options) throws IOException {
        bundle.script(script).write();
        List<String> command = new ArrayList<>(List.of(
                Cell.executable().toString(),
                "--root",
                bundle.root().toString(),
                "run",
                "-b",
                bundle.directory().toString()));
        command.addAll(List.of(options));
        command.add(bundle.id());
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().clear();
        return builder.redirectErrorStream(true).start();
    }

    @Test
    void standard_input_reaches_the_container() throws IOException, InterruptedException {
        Process run = start("read line; echo \"<$line>\"; cat");
        run.outputWriter().append("hello\nmore\n").close();
        assertThat(new String(run.getInputStream().readAllBytes(), UTF_8)).isEqualTo("<hello>\nmore\n");
        assertThat(run.waitFor()).isZero();
    }

    @Test
    void killing_the_runtime_kills_the_container_and_cleans_up() throws IOException, InterruptedException {
        Process run = start("echo ready; sleep 1000");
        assertThat(run.inputReader().readLine()).isEqualTo("ready");
        run.destroyForcibly();
        assertThat(run.waitFor()).isEqualTo(137);
    }

    @Test
    void processes_that_outlive_the_command_end_with_it() throws IOException, InterruptedException {
        bundle.script("sleep 1000 & exit 3");
        assertThat(bundle.run().exit()).isEqualTo(3);
    }

    @Test
    @Covers({"/process/consoleSize/height", "/process/consoleSize/width"})
    void a_terminal_is_the_containers_controlling_one_and_the_callers_is_restored()
            throws IOException, InterruptedException {
        bundle.replace("\"terminal\": false", "\"terminal\": true")
                .script("tty; test -c /dev/console && stty size; exit 5")
                .write();
        String call =
                Cell.executable() + " --root " + bundle.root() + " run -b " + bundle.directory() + " " + bundle.id();
        Cell.Result result = Cell.run(
                temporary,
                List.of(
                        "script",
                        "-qec",
                        "stty rows 33 cols 77; before=$(stty -g); " + call
                                + "; code=$?; [ \"$before\" = \"$(stty -g)\" ]" + " && echo restored; exit $code",
                        "/dev/null"));
        // script(1) tells the end of its own input by a NUL, which the terminal echoes.
        assertThat(result.out().replace("\r", "").replace("^@", ""))
                .startsWith("/dev/pts/0\n33 77\n")
                .endsWith("restored\n");
        assertThat(result.exit()).isEqualTo(5);
    }

    @Test
    @Covers("/process/terminal")
    void a_run_without_a_terminal_of_the_callers_still_gives_the_container_one()
            throws IOException, InterruptedException {
        bundle.replace("\"terminal\": false", "\"terminal\": true").script("tty; echo done");
        Cell.Result result = bundle.run();
        assertThat(result.out())
                .as("what a pipe gets has line feeds, as below runc")
                .isEqualTo("/dev/pts/0\ndone\n");
    }

    @Test
    void the_pid_file_names_the_containers_process() throws IOException, InterruptedException {
        Path file = temporary.resolve("pid");
        Process run = start("echo ready; read end; exit 0", "--pid-file", file.toString());
        try {
            assertThat(run.inputReader().readLine()).isEqualTo("ready");
            Path process = Path.of("/proc", Files.readString(file));
            assertThat(Files.readSymbolicLink(process.resolve("ns/ipc")))
                    .isNotEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/ipc")));
            assertThat(Files.readString(process.resolve("cgroup"))).contains(bundle.id());
        } finally {
            run.outputWriter().close();
        }
        assertThat(run.waitFor()).isZero();
    }

    @Test
    void bind_mounts_show_the_source_with_their_options() throws IOException, InterruptedException {
        Path source = Files.createDirectory(temporary.resolve("source"));
        Files.writeString(source.resolve("file"), "from the host\n");
        bundle.ownRoot();
        bundle.mount("{\"destination\": \"/new/place\", \"type\": \"bind\", \"source\": \"" + source
                + "\", \"options\": [\"bind\", \"ro\", \"nosuid\", \"noexec\"]}");
        bundle.mount("{\"destination\": \"/new/file\", \"source\": \"" + source.resolve("file")
                + "\", \"options\": [\"rbind\", \"rw\"]}");
        assertThat(inside("cat /new/place/file /new/file; echo changed > /new/file; (echo x > /new/place/file) 2>&1 |"
                        + " grep -o Read-only; grep -o '/new/place [^ ]*' /proc/self/mountinfo"))
                .isEqualTo("from the host\nfrom the host\nRead-only\n/new/place ro,nosuid,noexec,relatime\n");
        assertThat(source.resolve("file")).hasContent("changed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../run/resolve/stub.conf", "/run/resolve/stub.conf", "other.conf"})
    void what_a_dangling_link_of_the_image_leads_to_is_made_and_mounted_on(String target)
            throws IOException, InterruptedException {
        Path source = temporary.resolve("resolv.conf");
        Files.writeString(source, "nameserver 192.0.2.1\n");
        Path link = bundle.ownRoot().resolve("etc/resolv.conf");
        Files.createSymbolicLink(link, Path.of(target));
        bundle.mount("{\"destination\": \"/etc/resolv.conf\", \"type\": \"bind\", \"source\": \"" + source
                + "\", \"options\": [\"rbind\", \"ro\"]}");
        assertThat(inside("cat /etc/resolv.conf; readlink /etc/resolv.conf"))
                .isEqualTo("nameserver 192.0.2.1\n" + target + "\n");
        Files.delete(link);
    }

    @Test
    @Covers({"/mounts/*/options=tmpcopyup", "/root/path"})
    void a_tmpfs_may_begin_with_what_it_covers() throws IOException, InterruptedException {
        Path covered = Files.createDirectories(bundle.ownRoot().resolve("srv/deep"));
        Files.writeString(covered.resolve("file"), "content\n");
        Files.createSymbolicLink(covered.resolve("link"), Path.of("file"));
        Cell.run(temporary, List.of("chown", "-R", "12:34", covered.toString()));
        Cell.run(temporary, List.of("chmod", "4755", covered.resolve("file").toString()));
        bundle.mount("{\"destination\": \"/srv\", \"type\": \"tmpfs\", \"source\": \"tmpfs\", \"options\":"
                + " [\"tmpcopyup\", \"noexec\"]}");
        assertThat(inside(
                        "cat /srv/deep/link; stat -c '%u:%g %a' /srv/deep/file; stat -f -c %T /srv; echo x > /srv/new"))
                .isEqualTo("content\n12:34 4755\ntmpfs\n");
        assertThat(bundle.directory().resolve("rootfs/srv/new")).doesNotExist();
    }

    @Test
    void two_hundred_mounts_are_no_problem() throws IOException, InterruptedException {
        bundle.ownRoot();
        for (int i = 0; i < 200; i++) {
            bundle.mount("{\"destination\": \"/m/" + i + "\", \"type\": \"tmpfs\", \"source\": \"tmpfs\"}");
        }
        assertThat(inside("grep -c ' /m/' /proc/self/mountinfo")).isEqualTo("200\n");
    }

    @Test
    void four_containers_at_once_do_not_disturb_each_other() throws IOException, InterruptedException {
        List<TestBundle> bundles = new ArrayList<>();
        List<Process> runs = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            TestBundle each =
                    new TestBundle(temporary).script("exit " + (10 + i)).write();
            bundles.add(each);
            runs.add(new ProcessBuilder(
                            Cell.executable().toString(),
                            "--root",
                            temporary.resolve("state").toString(),
                            "run",
                            "-b",
                            each.directory().toString(),
                            each.id())
                    .start());
        }
        for (int i = 0; i < 4; i++) {
            assertThat(runs.get(i).waitFor()).isEqualTo(10 + i);
            Leftovers.assertNone(bundles.get(i));
        }
    }
}
