// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.linux.Processes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever ends in the middle, the planner or the executor, and however: what was done is undone. */
class SuddenEndTest {
    private static final String PLANNER_LOST = "ipcell: the planner ended unexpectedly; what was done is undone\n";
    private static final Step GUARD = Step.of("guard", new ProcessOp.Guard());

    /** A child that waits for good, and is awaited for good. */
    private static final Step CHILD =
            Step.of("child", Child.waiting(0), new ProcessOp.Kill(Child.SLOT, Linux.SIGKILL, 5000));

    private static final Step FOREVER = Step.of("forever", new ProcessOp.AwaitExec(Child.SLOT));

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private Path made = Path.of("/");

    @BeforeEach
    void choose_a_place() {
        made = directory.resolve("made");
    }

    /** The child passes its point, so what waits after this waits in AWAIT_EXEC. */
    private List<Step> standStill() {
        return List.of(UndoTest.makes(made), CHILD, Step.of("ready", Child.AWAITED), FOREVER);
    }

    private interface Blow {
        void fall() throws Exception;
    }

    /** Lets the blow fall while the executor is at work. */
    private Thread onceMade(Blow blow) {
        return Thread.ofPlatform().start(() -> {
            try {
                while (!Files.exists(made)) {
                    Thread.sleep(2);
                }
                Thread.sleep(30);
                blow.fall();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 15})
    void a_signal_between_two_batches_undoes_and_is_told_by_the_exit_code(int signal) throws Exception {
        executor.run(UndoTest.makes(made), CHILD, Step.of("ready", Child.AWAITED));
        executor.signal(signal);
        assertThat(executor.exitCode()).isEqualTo(128 + signal);
        assertThat(made).doesNotExist();
        assertThat(executor.stderr()).isEmpty();
    }

    @Test
    void a_signal_that_asks_for_no_end_changes_nothing() throws Exception {
        executor.run(UndoTest.makes(made));
        executor.signal(Linux.SIGUSR1);
        executor.run(new FileOp.Stat(Slot.CWD, made.toString(), 0));
        assertThat(made).exists();
    }

    @Test
    void a_signal_in_the_middle_of_a_batch_is_told_to_the_planner_when_all_is_undone() throws Exception {
        executor.pid();
        Thread blow = onceMade(() -> executor.signal(Linux.SIGTERM));
        executor.failure(standStill(), Fault.NONE);
        blow.join();
        assertThat(executor.lastFailure().kind()).isEqualTo(PlanFailure.Kind.SIGNAL);
        assertThat(executor.lastFailure().errno()).isEqualTo(Linux.SIGTERM);
        assertThat(made).doesNotExist();
        executor.finish(new ProcessOp.Exit(143));
        assertThat(executor.exitCode()).isEqualTo(143);
    }

    @Test
    void a_signal_in_the_middle_of_the_last_batch_undoes_and_is_told_by_the_exit_code() throws Exception {
        executor.pid();
        Thread blow = onceMade(() -> executor.signal(Linux.SIGTERM));
        executor.finish(standStill());
        assertThat(executor.exitCode()).isEqualTo(143);
        blow.join();
        assertThat(made).doesNotExist();
    }

    @Test
    void a_planner_that_goes_between_two_batches_is_undone() throws Exception {
        executor.run(UndoTest.makes(made), CHILD);
        assertThat(executor.end()).isEqualTo(1);
        assertThat(made).doesNotExist();
    }

    @Test
    void a_planner_that_goes_in_the_middle_of_a_batch_is_undone() throws Exception {
        executor.run(UndoTest.makes(made), CHILD, Step.of("ready", Child.AWAITED));
        WireWriter wire = new WireWriter(new ArrayList<>());
        wire.u32(0).u32(0).u32(0).u32(0).steps(List.of(FOREVER));
        executor.socket().write(wire.frame(16));
        Thread.sleep(30);
        executor.disconnect();
        assertThat(executor.exitCode()).isEqualTo(1);
        assertThat(executor.stderr()).isEqualTo(PLANNER_LOST);
        assertThat(made).doesNotExist();
    }

    @Test
    void what_is_left_behind_is_told_if_the_planner_is_gone() throws Exception {
        executor.run(UndoTest.makes(made));
        Files.createFile(made.resolve("in-the-way"));
        executor.disconnect();
        assertThat(executor.exitCode()).isEqualTo(1);
        assertThat(executor.stderr())
                .isEqualTo("ipcell: left behind: rmdir " + made + ": rmdir: ENOTEMPTY\n" + PLANNER_LOST);
    }

    @Test
    @Shows(ProcessOp.Guard.class)
    void a_killed_executor_is_undone_by_its_guardian() throws Exception {
        executor.run(GUARD, GUARD, UndoTest.makes(made), CHILD);
        executor.signal(Linux.SIGKILL);
        assertThat(executor.exitCode()).isEqualTo(137); // and both the guardian and the child have ended
        assertThat(made).doesNotExist();
    }

    @Test
    void a_guardian_does_not_undo_what_is_committed() throws Exception {
        executor.run(GUARD, UndoTest.makes(made));
        executor.run(new ProcessOp.Commit());
        assertThat(ProcessHandle.of(executor.pid()).orElseThrow().children()).isEmpty();
        executor.signal(Linux.SIGKILL);
        assertThat(executor.exitCode()).isEqualTo(137);
        assertThat(made).exists();
    }

    @Test
    void a_guardian_cannot_be_ended_or_misled_by_a_signal() throws Exception {
        executor.run(GUARD, UndoTest.makes(made));
        ProcessHandle guardian = ProcessHandle.of(executor.pid())
                .orElseThrow()
                .children()
                .findFirst()
                .orElseThrow();
        for (int signal : List.of(Linux.SIGTERM, Linux.SIGINT, Linux.SIGUSR1)) {
            Processes.kill((int) guardian.pid(), signal);
        }
        executor.run(new FileOp.Stat(Slot.CWD, made.toString(), 0));
        assertThat(made).exists();
        executor.signal(Linux.SIGKILL);
        executor.exitCode();
        assertThat(made).doesNotExist();
    }

    @Test
    void an_executor_killed_at_an_operation_leaves_neither_what_was_done_nor_takes_what_was_there() throws Exception {
        Path there = Files.createDirectory(directory.resolve("there"));
        List<Step> steps = List.of(GUARD, UndoTest.makes(made), UndoTest.makes(there));
        kill(steps, 2);
        assertThat(made).doesNotExist();
        assertThat(there).exists();
    }

    @Test
    void an_executor_killed_by_its_child_s_operation_is_undone() throws Exception {
        List<Step> steps = List.of(GUARD, UndoTest.makes(made), CHILD, Step.of("ready", Child.AWAITED));
        kill(steps, 3);
        assertThat(made).doesNotExist();
    }

    private void kill(List<Step> steps, int after) throws Exception {
        Fault fault = new Fault(executor.nextId() + after, Fault.Action.KILL_EXECUTOR, 0);
        assertThatThrownBy(() -> executor.run(steps, fault)).isInstanceOf(IOException.class);
        assertThat(executor.exitCode()).isEqualTo(137);
    }

    @Test
    void a_planner_killed_at_an_operation_is_undone() throws Exception {
        List<Step> steps = List.of(GUARD, UndoTest.makes(made), CHILD, Step.of("ready", Child.AWAITED));
        Fault fault = new Fault(executor.nextId() + 3, Fault.Action.KILL_PLANNER, 0);
        assertThatThrownBy(() -> executor.run(steps, fault)).isInstanceOf(IOException.class);
        assertThat(executor.exitCode()).isEqualTo(1);
        assertThat(executor.stderr()).isEqualTo(PLANNER_LOST);
        assertThat(made).doesNotExist();
    }
}
