// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.CgroupOp.KillCgroup;
import dev.ipcell.shim.ProcessOp.Exit;
import dev.ipcell.shim.ProcessOp.ExitAs;
import dev.ipcell.shim.ProcessOp.Kill;
import dev.ipcell.shim.ProcessOp.Supervise;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How processes end, and how the executor ends with them. */
class EndOpTest {
    private static final Slot EMPTY = new Slot(7, "empty");
    private static final Op AWAIT_EXEC = new ProcessOp.AwaitExec(Child.SLOT);
    private static final Op AWAIT_EXEC_HOLDING = new ProcessOp.AwaitExec(Child.SLOT, ProcessOp.AwaitExec.HOLD_SIGNALS);
    private static final Op SUPERVISE = new Supervise(Child.SLOT, Supervise.FORWARD_SIGNALS, Slot.NONE);
    private static final Op EXIT = new ExitAs(Child.SLOT);

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private static Kill kill(int signal, int millis) {
        return new Kill(Child.SLOT, signal, millis);
    }

    /** A shell that has this trap, and says so by a file, so that no signal comes too early. */
    private Op[] trapping(String trap, Op await) throws Exception {
        Path ready = directory.resolve("ready");
        String script = "trap '" + trap + "' TERM; echo >" + ready + "; while :; do sleep 0.01; done";
        return new Op[] {Child.shell(script), await};
    }

    private void awaitTrap() throws Exception {
        while (!Files.exists(directory.resolve("ready"))) {
            Thread.sleep(5);
        }
    }

    @Test
    @Shows(Kill.class)
    void kill_ends_a_process_and_one_that_is_gone_is_no_matter() throws Exception {
        int pid = executor.run(Child.shell("exec sleep 60"), AWAIT_EXEC).number(0);
        executor.run(kill(Linux.SIGKILL, 5000));
        assertThat(ProcessHandle.of(pid)).isEmpty();
        executor.run(kill(Linux.SIGKILL, 5000), kill(0, 0), new Kill(EMPTY, Linux.SIGKILL, 5000));
    }

    @Test
    @Fails(Kill.class)
    void kill_tells_of_a_signal_that_is_none_and_of_a_process_that_does_not_end() throws Exception {
        executor.run(Child.shell("exec sleep 60"), AWAIT_EXEC);
        assertThat(executor.failure(kill(65, 0))).isEqualTo("pidfd_send_signal: EINVAL");
        executor.run(Child.shell("exec sleep 60"), AWAIT_EXEC);
        assertThat(executor.failure(kill(Linux.SIGCONT, 50))).isEqualTo("poll the process does not end: ETIMEDOUT");
    }

    @Test
    void the_last_batch_can_go_along_with_the_one_before() throws Exception {
        executor.runAndFinish(
                List.of(new PathOp.MakeDir(Slot.CWD, directory + "/made", 0700, 0)), List.of(new Exit(3)));
        assertThat(executor.exitCode()).isEqualTo(3);
        assertThat(directory.resolve("made")).isDirectory();
    }

    @Test
    void what_goes_along_with_a_batch_that_fails_is_passed_over() throws Exception {
        Op fails = new PathOp.RemoveDir(Slot.CWD, directory.toString() + "/file", 0);
        Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> executor.runAndFinish(
                        List.of(fails), List.of(new FileOp.Output(1, new byte[] {'x'}), new Exit(3))))
                .isInstanceOf(PlanFailedException.class);
        executor.run(new PathOp.MakeDir(Slot.CWD, directory + "/made", 0700, 0));
        executor.finish(new Exit(4));
        assertThat(executor.exitCode()).isEqualTo(4);
        assertThat(executor.stdout()).isEmpty();
    }

    @Test
    @Tag("root")
    @Shows(KillCgroup.class)
    void kill_cgroup_ends_all_that_is_in_it() throws Exception {
        try (TestCgroup cgroup = TestCgroup.unified()) {
            Slot slot = new Slot(0, "cgroup");
            Op inside = new ProcessOp.Clone(
                    Child.SLOT,
                    0,
                    slot,
                    "child",
                    Child.program(Child.exec("/bin/sh", "-c", "trap '' TERM; sleep 60 & sleep 60 & sleep 60")));
            executor.run(
                    new DescriptorOp.OpenFd(slot, Slot.CWD, cgroup.path().toString(), Linux.O_PATH, 0, 0),
                    inside,
                    AWAIT_EXEC);
            executor.run(new KillCgroup(Slot.CWD, cgroup.path().toString(), 5000, 0));
            assertThat(Files.readString(cgroup.path().resolve("cgroup.procs"))).isEmpty();
            executor.run(new KillCgroup(slot, ".", 5000, 0), new KillCgroup(slot, "../missing", 5000, 0));
        }
    }

    @Test
    @Tag("root")
    void kill_cgroup_removes_it_too_whether_it_is_empty_or_not() throws Exception {
        try (TestCgroup cgroup = TestCgroup.unified()) {
            Slot slot = new Slot(0, "cgroup");
            Path empty = Files.createDirectory(cgroup.path().resolve("empty"));
            Path full = Files.createDirectory(cgroup.path().resolve("full"));
            Files.createDirectory(full.resolve("below"));
            executor.run(
                    new DescriptorOp.OpenFd(slot, Slot.CWD, full.toString(), Linux.O_PATH, 0, 0),
                    new ProcessOp.Clone(
                            Child.SLOT, 0, slot, "child", Child.program(Child.exec("/bin/sh", "-c", "exec sleep 60"))),
                    AWAIT_EXEC);
            executor.run(
                    new KillCgroup(Slot.CWD, empty.toString(), 5000, KillCgroup.REMOVE),
                    new KillCgroup(Slot.CWD, full.toString(), 5000, KillCgroup.REMOVE),
                    new KillCgroup(Slot.CWD, full.toString(), 5000, KillCgroup.REMOVE));
            assertThat(empty).doesNotExist();
            assertThat(full).doesNotExist();
            executor.run(new KillCgroup(Slot.CWD, cgroup.path().toString(), 5000, 0));
            assertThat(cgroup.path()).exists();
        }
    }

    @Test
    @Fails(KillCgroup.class)
    void kill_cgroup_gives_up_in_time_and_kills_nothing_that_is_not_listed() throws Exception {
        int pid = executor.run(Child.shell("exec sleep 60"), AWAIT_EXEC).number(0);
        // Not a real cgroup, so the list stays as it is. 0 stands for a process of another PID namespace, 1 is never
        // ours to kill.
        Path list = Files.writeString(directory.resolve("cgroup.procs"), "0\n1\n");
        Op op = new KillCgroup(Slot.CWD, directory.toString(), 50, 0);
        assertThat(executor.failure(Step.of("all", op))).isEqualTo("kill " + directory + ": ETIMEDOUT");
        assertThat(ProcessHandle.of(pid)).isEmpty(); // undone with the batch that failed
        Process listed = new ProcessBuilder("sleep", "60").start();
        Files.writeString(list, listed.pid() + "\n");
        assertThat(executor.failure(op)).isEqualTo("kill " + directory + ": ETIMEDOUT");
        assertThat(listed.waitFor()).isEqualTo(128 + Linux.SIGKILL);
        for (String bad : List.of("12x\n", "-1\n", "99999999999999\n")) {
            Files.writeString(list, bad);
            assertThat(executor.failure(op)).isEqualTo("read " + directory + ": EINVAL");
        }
        assertThat(executor.failure(new KillCgroup(Slot.CWD, "x".repeat(4096), 1, 0)))
                .endsWith(": ENAMETOOLONG");
    }

    @ParameterizedTest
    @CsvSource({"exit 7, 7", "exit 0, 0", "exit 255, 255", "kill -9 $$, 137", "kill -TERM $$, 143", "kill -64 $$, 192"})
    void the_executor_exits_as_the_process_did(String script, int code) throws Exception {
        executor.run(Child.shell(script), AWAIT_EXEC);
        executor.finish(SUPERVISE, EXIT);
        assertThat(executor.exitCode()).isEqualTo(code);
    }

    @Test
    @Shows({Supervise.class, ExitAs.class})
    void signals_are_forwarded_to_the_process() throws Exception {
        executor.run(trapping("exit 9", AWAIT_EXEC_HOLDING)); // or one that comes too early would end the executor
        awaitTrap();
        executor.finish(new FileOp.Output(1, new byte[] {'\n'}), SUPERVISE, EXIT);
        while (executor.stdout().isEmpty()) {
            Thread.sleep(5);
        }
        Thread.sleep(50);
        executor.signal(Linux.SIGTERM);
        assertThat(executor.exitCode()).isEqualTo(9);
    }

    @Test
    void a_signal_that_is_not_to_be_forwarded_ends_the_executor_and_the_process() throws Exception {
        executor.run(trapping("exit 9", AWAIT_EXEC));
        executor.finish(new Supervise(Child.SLOT, 0, Slot.NONE), EXIT);
        executor.signal(Linux.SIGTERM);
        assertThat(executor.exitCode()).isEqualTo(143);
    }

    @Test
    @Fails({Supervise.class, ExitAs.class})
    void without_a_process_there_is_nothing_to_supervise_or_to_exit_as() throws Exception {
        assertThat(executor.failure(new Supervise(EMPTY, 0, Slot.NONE))).isEqualTo("poll no such process: ESRCH");
        assertThat(executor.failure(new ExitAs(EMPTY))).isEqualTo("wait no such process: ESRCH");
        executor.run(Child.waiting(0));
        assertThat(executor.failure(EXIT)).isEqualTo("wait no such process: ESRCH");
    }

    @Test
    void signals_that_were_held_reach_the_process_once_it_is_supervised() throws Exception {
        executor.run(trapping("exit 9", AWAIT_EXEC_HOLDING));
        awaitTrap();
        executor.signal(Linux.SIGTERM);
        executor.run(new FileOp.Stat(Slot.CWD, "/", 0));
        executor.finish(SUPERVISE, EXIT);
        assertThat(executor.exitCode()).isEqualTo(9);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "42, 42", "255, 255", "256, 0"})
    void the_executor_exits_with_the_low_byte(int code, int expected) throws Exception {
        executor.finish(new Exit(code));
        assertThat(executor.exitCode()).isEqualTo(expected);
    }

    @Test
    @Shows(Exit.class)
    void nothing_is_carried_out_after_exit() throws Exception {
        executor.finish(new Exit(3), new FileOp.Output(1, "still here".getBytes(StandardCharsets.UTF_8)));
        assertThat(executor.exitCode()).isEqualTo(3);
        assertThat(executor.stdout()).isEmpty();
    }

    @Test
    void a_failure_of_the_last_batch_is_one_line_and_exit_1() throws IOException, InterruptedException {
        String missing = directory.resolve("missing").toString();
        executor.finish(List.of(
                Step.of("/a/label", new DescriptorOp.OpenFd(EMPTY, Slot.CWD, missing, 0, 0, 0)),
                Step.of("not reached", new Exit(0))));
        assertThat(executor.exitCode()).isEqualTo(1);
        assertThat(executor.stderr())
                .isEqualTo("ipcell: /a/label: openat2 " + missing + ": No such file or directory (ENOENT)\n");
    }
}
