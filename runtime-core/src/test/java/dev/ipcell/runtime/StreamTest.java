// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose the standard streams of a process are: its user's, so that it may open them again. */
@Tag("root")
class StreamTest {
    private static final String REOPEN = "echo said >/dev/stdout";

    @TempDir
    Path temporary;

    private TestBundle bundle;

    @BeforeEach
    void make_a_bundle_for_user_1000() throws IOException {
        bundle = new TestBundle(temporary).replace("\"uid\": 0", "\"uid\": 1000");
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        bundle.call("delete", "--force");
        Leftovers.assertNone(bundle);
    }

    /** What a shell command says in which RUN stands for the call that runs the container, and DIR for the test's directory. */
    private String shell(String command) throws IOException, InterruptedException {
        bundle.write();
        String call = Cell.executable() + " --root " + bundle.root();
        Cell.Result result = Cell.run(
                temporary,
                List.of(
                        "sh",
                        "-c",
                        command.replace("RUN", call + " run -b " + bundle.directory() + " " + bundle.id())
                                .replace("EXEC", call + " exec")
                                .replace("ID", bundle.id())
                                .replace("DIR", temporary.toString())));
        return result.out() + result.err();
    }

    private String onTerminal(String command) throws IOException, InterruptedException {
        return shell("script -qec '" + command + "' /dev/null")
                .replace("\r", "")
                .replace("^@", "");
    }

    @Test
    void a_pipe_can_be_opened_again() throws IOException, InterruptedException {
        bundle.script(REOPEN);
        assertThat(shell("RUN | cat")).isEqualTo("said\n");
        bundle.script("stat -L -c %u:%g /dev/stdin");
        assertThat(shell(": | RUN")).isEqualTo("1000:0\n");
    }

    @Test
    void a_pipe_can_be_opened_again_in_a_user_namespace() throws IOException, InterruptedException {
        bundle.userNamespace().script(REOPEN + "; id -u");
        assertThat(shell("RUN | cat")).isEqualTo("said\n1000\n");
        bundle.replace("\"uid\": 1000", "\"uid\": 0");
        assertThat(shell("RUN | cat")).isEqualTo("said\n0\n");
    }

    @Test
    void a_pipe_of_exec_can_be_opened_again() throws IOException, InterruptedException {
        assertThat(bundle.script("exec sleep 100").detached().err()).isEmpty();
        assertThat(shell("EXEC ID sh -c \"" + REOPEN + "\" | cat")).isEqualTo("said\n");
        assertThat(shell("EXEC --user 33 ID sh -c \"" + REOPEN + "\" | cat")).isEqualTo("said\n");
        assertThat(shell("EXEC --user 0 ID sh -c \"" + REOPEN + "\" | cat")).isEqualTo("said\n");
    }

    @Test
    void a_file_written_to_is_the_users_and_a_file_read_stays_the_callers() throws IOException, InterruptedException {
        bundle.script("echo said >>/dev/stdout");
        assertThat(shell("echo secret >in; RUN <in >out; cat out; stat -c %u out in"))
                .isEqualTo("said\n1000\n0\n");
    }

    @Test
    void what_is_not_the_callers_keeps_its_owner() throws IOException, InterruptedException {
        bundle.script("true");
        assertThat(shell("touch out; chown 4321 out; RUN >out; stat -c %u out")).isEqualTo("4321\n");
    }

    @Test
    void devices_and_the_callers_terminal_keep_their_owner() throws IOException, InterruptedException {
        bundle.script("true");
        assertThat(shell("RUN </dev/zero >/dev/null 2>&1; stat -c %u /dev/null /dev/zero"))
                .isEqualTo("0\n0\n");
        assertThat(onTerminal("RUN; stat -c %u $(tty)")).isEqualTo("0\n");
    }

    @Test
    void a_closed_stream_is_no_error() throws IOException, InterruptedException {
        bundle.script("echo ran >&2");
        assertThat(shell("RUN <&- >&-")).isEqualTo("ran\n");
    }

    @Test
    void a_new_terminal_is_the_users() throws IOException, InterruptedException {
        bundle.replace("\"terminal\": false", "\"terminal\": true").script("stat -c %u:%g $(tty)");
        assertThat(onTerminal("RUN")).isEqualTo("1000:5\n");
        bundle.userNamespace();
        assertThat(onTerminal("RUN")).isEqualTo("1000:5\n");
    }

    @Test
    void a_new_terminal_of_exec_is_the_users() throws IOException, InterruptedException {
        assertThat(bundle.script("exec sleep 100").detached().err()).isEmpty();
        assertThat(onTerminal("EXEC -t ID sh -c \"stat -c %u:%g \\$(tty)\"")).isEqualTo("1000:5\n");
    }

    @Test
    void a_new_terminal_of_exec_is_the_users_in_a_user_namespace() throws IOException, InterruptedException {
        assertThat(bundle.userNamespace().script("exec sleep 100").detached().err())
                .isEmpty();
        assertThat(onTerminal("EXEC -t ID sh -c \"stat -c %u:%g \\$(tty)\"")).isEqualTo("1000:5\n");
    }
}
