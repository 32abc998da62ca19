// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Capabilities that the caller lacks are left out with a warning; each call is made without CAP_SYS_BOOT and CAP_SYSLOG. */
@Tag("root")
class GrantedCapabilitiesTest {
    private static final String LOOK =
            "grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status | tr -d '\\t' | tr '\\n' ' '";
    private static final String LEFT_OUT = " cannot be granted, since the caller lacks it, and is left out\n";

    /** CAP_KILL alone. */
    private static final String KILL = "0000000000000020 ";

    @TempDir
    Path temporary;

    private TestBundle bundle;

    @BeforeEach
    void ask_for_more_than_there_is() throws Exception {
        String sets = "[\"CAP_SYSLOG\", \"CAP_KILL\", \"CAP_SYS_BOOT\"]";
        bundle = new TestBundle(temporary).script(LOOK).merge("""
                {"process": {"capabilities": {"bounding": %1$s, "permitted": %1$s, "effective": %1$s, "inheritable": %1$s,
                 "ambient": %1$s}}}""".formatted(sets));
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        bundle.call("delete", "--force");
        Leftovers.assertNone(bundle);
    }

    private Cell.Result lacking(String... words) throws IOException, InterruptedException {
        bundle.write();
        List<String> call = new ArrayList<>(List.of("setpriv", "--bounding-set", "-sys_boot,-syslog"));
        call.addAll(
                List.of(Cell.executable().toString(), "--root", bundle.root().toString()));
        call.addAll(List.of(words));
        return Cell.run(bundle.directory(), call);
    }

    private static String all(String set) {
        return "CapInh:" + set + "CapPrm:" + set + "CapEff:" + set + "CapBnd:" + set + "CapAmb:" + set;
    }

    @Test
    void run_grants_the_others_and_warns() throws IOException, InterruptedException {
        Cell.Result result = lacking("run", bundle.id());
        assertThat(result.err())
                .isEqualTo("ipcell: warning: config.json /process/capabilities: CAP_SYS_BOOT, CAP_SYSLOG" + LEFT_OUT);
        assertThat(result.out()).isEqualTo(all(KILL));
        assertThat(result.exit()).isZero();
    }

    @Test
    void create_and_exec_do_so_too() throws IOException, InterruptedException {
        bundle.script("exec sleep 1000");
        Path log = temporary.resolve("log");
        assertThat(lacking("--log", log.toString(), "--log-format", "json", "create", bundle.id())
                        .err())
                .isEmpty();
        assertThat(log)
                .content()
                .startsWith(
                        "{\"level\":\"warning\",\"msg\":\"config.json /process/capabilities: CAP_SYS_BOOT, CAP_SYSLOG")
                .hasLineCount(1);
        assertThat(bundle.call("start").err()).isEmpty();
        Cell.Result exec = lacking("exec", bundle.id(), "/bin/sh", "-c", LOOK);
        assertThat(exec.err())
                .isEqualTo("ipcell: warning: config.json /process/capabilities: CAP_SYS_BOOT, CAP_SYSLOG" + LEFT_OUT);
        assertThat(exec.out()).isEqualTo(all(KILL));
    }

    @Test
    void exec_warns_of_what_its_own_document_asks_for_in_vain() throws IOException, InterruptedException {
        assertThat(bundle.script("exec sleep 1000").detached().err()).isEmpty();
        Path file = temporary.resolve("process.json");
        Files.writeString(file, """
                {"args": ["/bin/sh", "-c", "%s"], "cwd": "/", "env": ["PATH=/bin"], "user": {"uid": 0, "gid": 0},
                 "capabilities": {"permitted": ["CAP_SYSLOG", "CAP_KILL", "CAP_NONE"], "effective": ["CAP_KILL"]}}
                """.formatted(LOOK.replace("\\", "\\\\")));
        Cell.Result exec = lacking("exec", "--process", file.toString(), bundle.id());
        assertThat(exec.err().lines())
                .containsExactly(
                        "ipcell: warning: " + file
                                + " /capabilities/permitted/2: unknown capability \"CAP_NONE\" is left out [line 2, column 59]",
                        "ipcell: warning: " + file + " /capabilities: CAP_SYSLOG" + LEFT_OUT.stripTrailing());
        assertThat(exec.exit()).isZero();
    }

    @Test
    void in_a_user_namespace_of_its_own_a_container_has_what_it_asks_for() throws IOException, InterruptedException {
        bundle.userNamespace();
        Cell.Result result = lacking("run", bundle.id());
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo(all("0000000400400020 "));
    }
}
