// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The undo stack, as the executor itself unwinds it. */
class UndoTest {
    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private Path made = Path.of("/");

    @BeforeEach
    void choose_a_place() {
        made = directory.resolve("made");
    }

    static Step makes(Path path) {
        return Step.of(
                "makes a directory",
                new PathOp.MakeDir(Slot.CWD, path.toString(), 0700, PathOp.MakeDir.MAY_EXIST),
                new PathOp.RemoveDir(Slot.CWD, path.toString(), 0));
    }

    private Step fails() {
        return Step.of("fails", open("missing"));
    }

    private DescriptorOp.OpenFd open(String name) {
        return new DescriptorOp.OpenFd(
                new Slot(0, "slot"), Slot.CWD, directory.resolve(name).toString(), 0, 0, 0);
    }

    private static FileOp.Output says(String text) {
        return new FileOp.Output(1, text.getBytes(UTF_8));
    }

    @Test
    void it_is_unwound_last_first_and_each_operation_s_undo_in_its_order() throws Exception {
        executor.run(Step.of("one", open("."), says("1a "), says("1b ")));
        executor.failure(Step.of("two", open("."), says("2a "), says("2b ")), fails());
        executor.disconnect();
        executor.exitCode();
        assertThat(executor.stdout()).isEqualTo("2a 2b 1a 1b ");
    }

    @Test
    void the_operation_that_fails_is_not_undone() throws Exception {
        executor.failure(Step.of("one", open("."), says("one")), Step.of("two", open("missing"), says("two")));
        executor.disconnect();
        executor.exitCode();
        assertThat(executor.stdout()).isEqualTo("one");
    }

    @Test
    void an_optional_operation_that_failed_is_not_undone() throws Exception {
        Step optional = new Step(open("missing"), "optional", true, List.of(says("optional")));
        var outcome = executor.run(optional);
        assertThat(outcome.result().errno(optional)).isEqualTo(2);
        executor.disconnect();
        executor.exitCode();
        assertThat(executor.stdout()).isEmpty();
    }

    @Test
    void an_undo_that_may_fail_is_not_told_to_have_left_something() throws Exception {
        FileOp write = new FileOp.WriteFile(Slot.CWD, directory + "/missing/file", 1, 0, 0, new byte[1]);
        executor.failure(Step.of("one", open("."), write), fails());
        assertThat(executor.lastFailure().leftBehind()).hasSize(1);
        executor.failure(new Step(open("."), "one", true, List.of(write)), fails());
        assertThat(executor.lastFailure().leftBehind()).isEmpty();
    }

    private static DescriptorOp.Lock lock(Slot slot, int operation, int waitMillis) {
        return new DescriptorOp.Lock(slot, Linux.LOCK_EX | operation, waitMillis);
    }

    /** A directory of ours, whose undo is only that if nobody else has its lock, and an operation before it that says what is undone. */
    private Step[] locked(int operation, int waitMillis) {
        Slot slot = new Slot(0, "slot");
        DescriptorOp.Lock toUndo = lock(slot, DescriptorOp.Lock.UNDO | operation, waitMillis);
        return new Step[] {Step.of("one", open("."), says("one")), Step.of("two", open("made"), toUndo, says("two "))};
    }

    private String undone() throws Exception {
        executor.disconnect();
        executor.exitCode();
        return executor.stdout();
    }

    @Test
    void what_needs_a_lock_is_undone_with_it() throws Exception {
        Files.createDirectory(made);
        executor.run(locked(0, 1000));
        executor.failure(fails());
        assertThat(undone()).isEqualTo("two one");
    }

    @Test
    void nothing_more_is_undone_if_the_directory_is_not_there_any_more() throws Exception {
        Files.createDirectory(made);
        executor.run(locked(0, 1000));
        Files.delete(made);
        Files.createDirectory(made);
        executor.failure(fails());
        assertThat(executor.lastFailure().leftBehind()).isEmpty();
        assertThat(undone()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 50})
    void nothing_more_is_undone_if_another_has_the_lock_and_that_is_told_after_a_time(int waitMillis) throws Exception {
        Files.createDirectory(made);
        Slot other = new Slot(1, "other");
        executor.run(locked(0, waitMillis));
        executor.run(new DescriptorOp.OpenFd(other, Slot.CWD, made.toString(), 0, 0, 0), lock(other, 0, 0));
        executor.failure(fails());
        List<String> told = waitMillis == 0 ? List.of() : List.of("flock $slot, or undo no more: flock: EAGAIN");
        assertThat(executor.lastFailure().leftBehind()).isEqualTo(told);
        assertThat(undone()).isEmpty();
    }

    @Test
    void nothing_more_is_undone_if_something_is_in_the_directory_that_must_be_empty() throws Exception {
        Files.createDirectory(made);
        executor.run(locked(DescriptorOp.Lock.EMPTY, 0));
        Files.createFile(made.resolve("something"));
        executor.failure(fails());
        assertThat(executor.lastFailure().leftBehind()).isEmpty();
        assertThat(undone()).isEmpty();
    }

    @Test
    void a_directory_without_a_descriptor_needs_no_lock_to_be_undone() throws Exception {
        Files.createDirectory(made);
        executor.run(locked(0, 0));
        executor.run(new DescriptorOp.CloseFd(new Slot(0, "slot")));
        executor.failure(fails());
        assertThat(undone()).isEqualTo("two one");
    }

    @Test
    void a_directory_that_was_there_stays() throws Exception {
        Files.createDirectory(made);
        Path other = directory.resolve("other");
        executor.failure(makes(made), makes(other), fails());
        assertThat(made).exists();
        assertThat(other).doesNotExist();
    }

    @Test
    void everything_since_the_last_commit_is_undone_by_a_later_batch_too() throws Exception {
        executor.run(makes(made));
        assertThat(made).exists();
        executor.failure(fails());
        assertThat(made).doesNotExist();
    }

    @Test
    void a_batch_that_is_not_understood_undoes_what_was_done_before() throws Exception {
        executor.run(makes(made));
        WireWriter bad = new WireWriter(new ArrayList<>());
        assertThat(executor.exchange(bad.u32(0).frame(16)).failure())
                .extracting(ExecutorUnderTest::words)
                .isEqualTo("decode a batch without its head: EPROTO");
        assertThat(made).doesNotExist();
    }

    @Test
    @Shows(ProcessOp.Unwind.class)
    void unwind_undoes_now() throws Exception {
        executor.run(makes(made));
        executor.run(new ProcessOp.Unwind());
        assertThat(made).doesNotExist();
    }

    @Test
    @Shows(ProcessOp.Commit.class)
    void commit_forgets() throws Exception {
        executor.run(makes(made), Step.of("commit", new ProcessOp.Commit()));
        executor.failure(fails());
        assertThat(executor.end()).isEqualTo(1);
        assertThat(made).exists();
    }

    @Test
    void what_cannot_be_undone_is_told_and_the_rest_is_undone() throws Exception {
        Path below = made.resolve("in-the-way");
        Path other = directory.resolve("other");
        executor.failure(
                makes(other),
                makes(made),
                Step.of("fills it", new PathOp.MakeDir(Slot.CWD, below.toString(), 0700, 0)),
                fails());
        assertThat(executor.lastFailure().leftBehind()).containsExactly("rmdir " + made + ": rmdir: ENOTEMPTY");
        assertThat(other).doesNotExist();
    }

    @Test
    void the_failure_is_told_as_it_was_before_the_unwinding() throws Exception {
        Files.createDirectories(made.resolve("in-the-way"));
        Path missing = directory.resolve("missing");
        Step undoneInVain = Step.of("test", open("."), new PathOp.RemoveDir(Slot.CWD, made.toString(), 0));
        assertThat(executor.failure(undoneInVain, fails())).isEqualTo("openat2 " + missing + ": ENOENT");
        assertThat(executor.lastFailure().step()).extracting(Step::origin).isEqualTo("fails");
    }

    @Test
    void there_is_an_end_to_what_can_be_undone() throws Exception {
        List<Step> steps = new ArrayList<>(Collections.nCopies(512, Step.of("test", open("."), says("."))));
        steps.add(Step.of("one too many", open("."), says("!")));
        assertThat(executor.failure(steps, Fault.NONE)).isEqualTo("undo too many operations to take back: ENOMEM");
        executor.disconnect();
        executor.exitCode();
        assertThat(executor.stdout()).isEqualTo(".".repeat(512));
    }

    @Test
    void undo_operations_that_are_too_large_together_are_refused_before_anything_is_done() throws Exception {
        Step large = Step.of(
                "large",
                new PathOp.MakeDir(Slot.CWD, made.toString(), 0700, 0),
                new FileOp.Output(1, new byte[(4 << 20) + 1]));
        assertThat(executor.failure(large)).isEqualTo("undo too many operations to take back: ENOMEM");
        assertThat(made).doesNotExist();
    }
}
