// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Further processes in a container that runs. */
@Tag("root")
class ExecTest extends BundleTest {
    @BeforeEach
    void run_a_container() throws IOException, InterruptedException {
        assertThat(bundle.script("exec sleep 1000").detached().err()).isEmpty();
    }

    private Cell.Result exec(List<String> options, String... command) throws IOException, InterruptedException {
        List<String> call = new ArrayList<>(List.of("--root", bundle.root().toString(), "exec"));
        call.addAll(options);
        call.add(bundle.id());
        call.addAll(List.of(command));
        return Cell.call(call.toArray(new String[0]));
    }

    private String inside(List<String> options, String script) throws IOException, InterruptedException {
        Cell.Result result = exec(options, "/bin/sh", "-c", script);
        assertThat(result.err()).isEmpty();
        assertThat(result.exit()).isZero();
        return result.out();
    }

    @Test
    void it_is_in_all_of_the_containers_namespaces_and_cgroups() throws IOException, InterruptedException {
        String differing = inside(
                List.of(),
                "for n in mnt pid ipc uts net cgroup user; do"
                        + " [ $(readlink /proc/1/ns/$n) = $(readlink /proc/self/ns/$n) ] || echo $n; done;"
                        + " diff /proc/1/cgroup /proc/self/cgroup; readlink /proc/self/root");
        assertThat(differing).isEqualTo("/\n");
    }

    private Path unified() throws IOException {
        return CgroupTexts.directories(bundle).stream()
                .filter(own -> Files.exists(own.resolve("cgroup.subtree_control")))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void it_goes_where_the_first_process_is_if_the_containers_version_2_cgroup_is_gone()
            throws IOException, InterruptedException {
        Path own = unified();
        Path elsewhere = Files.createDirectories(
                own.resolveSibling("elsewhere-" + bundle.id()).resolve("below"));
        String first = Files.readAllLines(own.resolve("cgroup.procs")).getFirst();
        Path pid = temporary.resolve("pid");
        try {
            Files.writeString(elsewhere.resolve("cgroup.procs"), first);
            Files.delete(own);
            assertThat(exec(List.of("-d", "--pid-file", pid.toString()), "sleep", "1000")
                            .err())
                    .isEmpty();
            assertThat(Files.readString(Path.of("/proc", Files.readString(pid), "cgroup")))
                    .contains("/elsewhere-" + bundle.id() + "/below\n")
                    .isEqualTo(Files.readString(Path.of("/proc", first, "cgroup")));
            assertThat(exec(List.of("--cgroup", "/"), "true").err())
                    .contains("--cgroup: ", own.toString(), "no such file or directory (ENOENT)")
                    .hasLineCount(1);
        } finally {
            assertThat(bundle.call("delete", "--force").err()).isEmpty();
            Files.delete(elsewhere);
            Files.delete(elsewhere.getParent());
        }
    }

    @Test
    void it_has_the_containers_environment_user_and_capabilities() throws IOException, InterruptedException {
        assertThat(inside(List.of(), "env | sort | head -3; id -u; grep -E '^(CapEff|CapBnd|NoNew)' /proc/self/status"))
                .isEqualTo("HOME=/root\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nPWD=/\n0\n"
                        + "CapEff:\t0000000020000420\nCapBnd:\t0000000020000420\nNoNewPrivs:\t1\n");
    }

    @Test
    void options_change_what_it_is() throws IOException, InterruptedException {
        List<String> options = List.of(
                "--cwd", "/tmp", "-e", "A=1", "--env", "B=2", "-u", "1000:100", "-g", "7", "--additional-gids", "8");
        assertThat(inside(options, "pwd; echo $A $B; grep -E '^(Uid|Gid|Groups)' /proc/self/status | tr -s ' \\t' ' '"))
                .isEqualTo("/tmp\n1 2\nUid: 1000 1000 1000 1000\nGid: 100 100 100 100\nGroups: 7 8 \n");
        assertThat(inside(List.of("-c", "CAP_NET_RAW"), "grep CapEff /proc/self/status"))
                .isEqualTo("CapEff:\t0000000020002420\n");
    }

    @Test
    void its_exit_status_is_passed_on() throws IOException, InterruptedException {
        assertThat(exec(List.of(), "sh", "-c", "exit 42").exit()).isEqualTo(42);
        assertThat(exec(List.of(), "sh", "-c", "kill -9 $$").exit()).isEqualTo(137);
    }

    @Test
    void a_process_is_described_by_a_file() throws IOException, InterruptedException {
        Path file = temporary.resolve("process.json");
        Files.writeString(
                file,
                "{\"args\": [\"sh\", \"-c\", \"id -u; pwd; echo $X\"], \"cwd\": \"/etc\", \"env\":"
                        + " [\"PATH=/bin:/usr/bin\", \"X=y\"], \"user\": {\"uid\": 33, \"gid\": 33}}");
        Cell.Result result = exec(List.of("--process", file.toString()));
        assertThat(result.out()).isEqualTo("33\n/etc\ny\n");
    }

    @Test
    void a_detached_process_goes_on_by_itself() throws IOException, InterruptedException {
        Path pid = temporary.resolve("pid");
        assertThat(exec(List.of("--detach", "--pid-file", pid.toString()), "sleep", "1000")
                        .err())
                .isEmpty();
        assertThat(Files.readString(Path.of("/proc", Files.readString(pid), "cmdline")))
                .isEqualTo("sleep\0001000\0");
        assertThat(bundle.call("kill", "KILL").err()).isEmpty();
    }

    @Test
    void ps_lists_it() throws IOException, InterruptedException {
        Path pid = temporary.resolve("pid");
        exec(List.of("-d", "--pid-file", pid.toString()), "sleep", "1000");
        String json = Cell.call("--root", bundle.root().toString(), "ps", "--format", "json", bundle.id())
                .out();
        assertThat(json).matches("\\[\\d+,\\d+\\]\n").contains(Files.readString(pid));
        assertThat(Cell.call("--root", bundle.root().toString(), "ps", bundle.id())
                        .out())
                .contains("CMD", "sleep 1000");
    }

    @ParameterizedTest
    @CsvSource({
        "no-such, executable file not found in $PATH",
        "/bin/no-such, no such file or directory (ENOENT)",
        "/etc/passwd, permission denied (EACCES)"
    })
    void a_command_that_cannot_run_is_255_and_quoted(String command, String text)
            throws IOException, InterruptedException {
        Cell.Result result = exec(List.of(), command);
        assertThat(result.exit()).isEqualTo(255);
        assertThat(result.err()).contains("exec: \"" + command + "\": " + text).hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource({
        "--user, x, --user takes numbers", "--cap, CAP_NONE, unknown capability",
                "--cwd, tmp, must be an absolute path",
        "--env, novalue, must be NAME=VALUE", "--cgroup, ../.., --cgroup: ../.. is not a sub cgroup path",
                "--process, /no/file, no such file"
    })
    void a_wrong_option_is_explained(String option, String value, String text)
            throws IOException, InterruptedException {
        Cell.Result result = exec(List.of(option, value), "true");
        assertThat(result.exit()).isEqualTo(255);
        assertThat(result.err()).startsWith("ipcell: ").contains(text).hasLineCount(1);
    }

    @Test
    void a_paused_container_takes_nobody_and_a_stopped_one_neither() throws IOException, InterruptedException {
        assertThat(bundle.call("pause").err()).isEmpty();
        assertThat(exec(List.of(), "true").err()).contains("cannot exec in a paused container");
        assertThat(bundle.call("pause").err()).contains("container not running");
        assertThat(bundle.call("resume").err()).isEmpty();
        assertThat(bundle.call("resume").err()).contains("container not paused");
        assertThat(inside(List.of(), "echo on")).isEqualTo("on\n");
        bundle.call("kill", "KILL");
        for (int i = 0; i < 500 && !bundle.call("state").out().contains("stopped"); i++) {
            Thread.sleep(10);
        }
        assertThat(exec(List.of(), "true").err()).contains("cannot exec in a stopped container");
    }

    @Test
    void limits_are_updated_while_it_runs() throws IOException, InterruptedException {
        assertThat(Cell.call(
                                "--root",
                                bundle.root().toString(),
                                "update",
                                "--pids-limit",
                                "33",
                                "--memory",
                                "64M",
                                bundle.id())
                        .err())
                .isEmpty();
        String pids = Cell.call("--root", bundle.root().toString(), "events", "--stats", bundle.id())
                .out();
        assertThat(pids)
                .startsWith("{\"type\":\"stats\",\"id\":\"" + bundle.id())
                .contains("\"limit\":33", "\"limit\":67108864");
        Path file = temporary.resolve("resources.json");
        Files.writeString(file, "{\"pids\": {\"limit\": \"many\"}}");
        Cell.Result wrong = Cell.call("--root", bundle.root().toString(), "update", "-r", file.toString(), bundle.id());
        assertThat(wrong.exit()).isEqualTo(1);
        assertThat(wrong.err()).contains("/pids/limit: must be an integer").hasLineCount(1);
    }
}
