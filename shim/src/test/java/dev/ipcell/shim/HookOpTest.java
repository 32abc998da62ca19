// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.ContainerOp.RunHook;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Programs of the bundle's author, run by the executor or by its child. */
class HookOpTest {
    private static final String SH = "/bin/sh";

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private static RunHook hook(Slot process, String script, int millis) {
        byte[] before = "{\"pid\":".getBytes(UTF_8);
        List<String> environment = List.of("ONLY=this", "PATH=/usr/bin:/bin");
        return new RunHook(
                process, SH, List.of("hook", "-c", script), environment, before, "}\n".getBytes(UTF_8), millis);
    }

    private String failure(String script, int millis) throws Exception {
        return executor.failure(hook(Slot.NONE, script, millis));
    }

    @Test
    @Shows(RunHook.class)
    void a_hook_gets_the_state_with_the_process_s_number_and_its_own_environment() throws Exception {
        Path file = directory.resolve("said");
        int pid = executor.run(
                        Child.waiting(0),
                        Child.AWAITED,
                        hook(Child.SLOT, "cat >" + file + "; echo $0 $ONLY $HOME >>" + file, 0))
                .number(0);
        assertThat(file).hasContent("{\"pid\":" + pid + "}\nhook this\n");
    }

    @Test
    void a_hook_of_the_child_gets_the_child_s_number_as_the_parent_sees_it() throws Exception {
        Path file = directory.resolve("said");
        Child child = Child.start(executor, 0, hook(Slot.NONE, "cat >" + file, 5000));
        assertThat(file).hasContent("{\"pid\":" + child.pid() + "}\n");
    }

    @Test
    void a_hook_has_the_standard_streams_and_no_signal_blocked() throws Exception {
        assertThat(failure("ls -x /proc/$$/fd; grep SigBlk /proc/self/status; exit 1", 5000))
                .isEqualTo("hook /bin/sh: exit status 1: 0  1  2 SigBlk:\t0000000000000000: ECANCELED");
    }

    @Test
    @Fails(RunHook.class)
    void a_hook_that_fails_is_told_with_what_it_said() throws Exception {
        assertThat(failure("echo one; echo two >&2; exit 7", 5000))
                .isEqualTo("hook /bin/sh: exit status 7: one two: ECANCELED");
        assertThat(failure("kill -9 $$", 5000)).isEqualTo("hook /bin/sh: killed by signal 9: ECANCELED");
        assertThat(failure("yes | head -c 200000; exit 1", 10_000))
                .startsWith("hook /bin/sh: exit status 1: y y y")
                .hasSizeLessThan(520);
    }

    @Test
    void a_hook_that_is_not_there_is_told() throws Exception {
        List<String> none = List.of();
        assertThat(executor.failure(new RunHook(Slot.NONE, "/nonexistent", none, none, new byte[0], new byte[0], 5000)))
                .isEqualTo("hook /nonexistent: exit status 127: /nonexistent: No such file or directory: ECANCELED");
    }

    @Test
    void a_hook_that_takes_too_long_is_killed() throws Exception {
        Path file = directory.resolve("pid");
        assertThat(failure("echo $$ >" + file + "; exec sleep 60", 200))
                .isEqualTo("hook /bin/sh: it took too long and was killed: ETIMEDOUT");
        long pid = Long.parseLong(Files.readString(file).strip());
        assertThat(ProcessHandle.of(pid)).isEmpty();
    }

    @Test
    void a_hook_need_not_read_its_input_nor_leave_its_streams_open() throws Exception {
        byte[] large = "x".repeat(650_000).getBytes(UTF_8);
        List<String> closes = List.of("hook", "-c", "exec <&- >&- 2>&-; sleep 0.1");
        executor.run(new RunHook(Slot.NONE, SH, closes, List.of("PATH=/usr/bin:/bin"), large, new byte[0], 5000));
    }

    @Test
    void there_is_an_end_to_words() throws Exception {
        List<String> many = Collections.nCopies(4096, "x");
        List<String> none = List.of();
        assertThat(executor.failure(new RunHook(Slot.NONE, SH, many, none, new byte[0], new byte[0], 0)))
                .isEqualTo("hook /bin/sh: E2BIG");
        assertThat(executor.failure(new RunHook(Slot.NONE, SH, none, many, new byte[0], new byte[0], 0)))
                .isEqualTo("hook /bin/sh: E2BIG");
    }
}
