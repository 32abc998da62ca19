// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Operations on what files hold. */
class FileContentOpTest {
    private static final Slot CHILD = new Slot(3, "child");
    private static final Slot EMPTY = new Slot(7, "empty");

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private static FileOp.ReadFile read(Path path, int limit) {
        return new FileOp.ReadFile(Slot.CWD, path.toString(), limit, 0);
    }

    private static FileOp.WriteFile write(Path path, int flags, String text) {
        int mode = (flags & Linux.O_CREAT) == 0 ? 0 : 0640;
        return new FileOp.WriteFile(Slot.CWD, path.toString(), flags, mode, 0, text.getBytes(UTF_8));
    }

    private static FileOp.WriteFileAtomic replace(Path path, String text) {
        return new FileOp.WriteFileAtomic(Slot.CWD, path.toString(), path + ".new", 0604, text.getBytes(UTF_8));
    }

    private static FileOp.CopyFile copy(Path from, Path to) {
        return new FileOp.CopyFile(Slot.CWD, from.toString(), to.toString(), 0);
    }

    @Test
    @Shows(FileOp.ReadFile.class)
    void read_file_brings_the_content_up_to_its_limit() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "exact");
        var outcome = executor.run(read(file, 5), read(file, 8 << 20), read(Path.of("/proc/self/comm"), 64));
        assertThat(outcome.text(0)).isEqualTo("exact");
        assertThat(outcome.text(1)).isEqualTo("exact");
        assertThat(outcome.text(2)).isEqualTo("ipcell\n");
    }

    @Test
    @Fails(FileOp.ReadFile.class)
    void read_file_takes_no_more_than_its_limit_and_no_directory() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "exact");
        assertThat(executor.failure(read(file, 4))).isEqualTo("read " + file + ": EFBIG");
        assertThat(executor.failure(read(file, (8 << 20) + 1))).isEqualTo("read " + file + ": EINVAL");
        assertThat(executor.failure(read(directory, 4))).isEqualTo("read " + directory + ": EISDIR");
        Path missing = directory.resolve("missing");
        assertThat(executor.failure(read(missing, 4))).isEqualTo("openat2 " + missing + ": ENOENT");
    }

    @Tag("root")
    @Test
    void read_file_does_not_wait_for_a_fifo() throws Exception {
        Path fifo = directory.resolve("fifo");
        var outcome = executor.run(
                new DescriptorOp.OpenFd(EMPTY, Slot.CWD, directory.toString(), Linux.O_PATH, 0, 0),
                new PathOp.MakeNode(EMPTY, "fifo", Linux.S_IFIFO | 0600, 0, 0, 0, 0),
                read(fifo, 10));
        assertThat(outcome.text(2)).isEmpty();
    }

    @Test
    @Shows(FileOp.WriteFile.class)
    void write_file_writes_as_its_flags_say() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "0123456789");
        Path made = directory.resolve("made");
        executor.run(
                write(file, Linux.O_WRONLY, "ab"), write(made, Linux.O_WRONLY | Linux.O_CREAT | Linux.O_EXCL, "new"));
        assertThat(file).hasContent("ab23456789");
        assertThat(made).hasContent("new");
        assertThat((int) Files.getAttribute(made, "unix:mode") & 07777).isEqualTo(0640);
        executor.run(write(file, Linux.O_WRONLY | Linux.O_TRUNC, "cd"));
        assertThat(file).hasContent("cd");
    }

    @Test
    @Fails(FileOp.WriteFile.class)
    void write_file_tells_whether_opening_or_writing_failed() throws Exception {
        Path missing = directory.resolve("missing");
        assertThat(executor.failure(write(missing, Linux.O_WRONLY, ""))).isEqualTo("openat2 " + missing + ": ENOENT");
        Path full = Path.of("/dev/full");
        assertThat(executor.failure(write(full, Linux.O_WRONLY, "x"))).isEqualTo("write /dev/full: ENOSPC");
    }

    private static FileOp.WriteLines lines(Path file, String... lines) {
        return new FileOp.WriteLines(Slot.CWD, file.toString(), List.of(lines));
    }

    @Test
    @Shows(FileOp.WriteLines.class)
    void write_lines_writes_one_behind_the_other_through_one_descriptor() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "0123456789");
        executor.run(lines(file, "ab", "", "cde"));
        assertThat(file).hasContent("abcde56789");
    }

    @Test
    void write_lines_writes_each_by_itself() throws Exception {
        // Each write(2) to it is another name of the process (proc_pid_comm(5)).
        executor.run(lines(Path.of("/proc/self/comm"), "ab", "cde"));
        assertThat(Path.of("/proc/" + executor.pid() + "/comm")).hasContent("cde");
    }

    @Test
    @Fails(FileOp.WriteLines.class)
    void write_lines_tells_which_line_was_not_taken() throws Exception {
        Path missing = directory.resolve("missing");
        assertThat(executor.failure(lines(missing, "x"))).isEqualTo("openat2 " + missing + ": ENOENT");
        Path full = Path.of("/dev/full");
        assertThat(executor.failure(lines(full, "x", "y"))).isEqualTo("write /dev/full: x: ENOSPC");
        String[] many = Collections.nCopies(256, "x").toArray(String[]::new);
        assertThat(executor.failure(lines(Files.createFile(missing), many))).isEqualTo("write " + missing + ": E2BIG");
    }

    @Test
    @Shows(FileOp.WriteFileAtomic.class)
    void write_file_atomic_replaces_the_file_by_a_new_one() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "old");
        Path link = Files.createLink(directory.resolve("link"), file);
        executor.run(replace(file, "new"));
        assertThat(file).hasContent("new");
        assertThat(link).hasContent("old");
        assertThat((int) Files.getAttribute(file, "unix:mode") & 07777).isEqualTo(0604);
        assertThat(names()).containsExactlyInAnyOrder("file", "link");
    }

    @Test
    @Fails(FileOp.WriteFileAtomic.class)
    void write_file_atomic_leaves_no_temporary_file_when_it_fails() throws Exception {
        Path occupied = Files.createDirectory(directory.resolve("occupied"));
        assertThat(executor.failure(replace(occupied, "new"))).isEqualTo("rename " + occupied + ": EISDIR");
        assertThat(names()).containsExactly("occupied");
        Path nowhere = directory.resolve("missing/file");
        assertThat(executor.failure(replace(nowhere, ""))).isEqualTo("openat2 " + nowhere + ": ENOENT");
        String tooLong = "x".repeat(4090);
        assertThat(executor.failure(replace(Path.of(tooLong), ""))).endsWith(": ENAMETOOLONG");
    }

    @Test
    void write_file_atomic_does_not_follow_a_link_that_lies_in_wait() throws Exception {
        Path victim = Files.writeString(directory.resolve("victim"), "untouched");
        Path file = directory.resolve("file");
        Path trap = directory.resolve("file.new");
        Files.createSymbolicLink(trap, victim);
        assertThat(executor.failure(replace(file, "new"))).isEqualTo("openat2 " + trap + ": EEXIST");
        assertThat(victim).hasContent("untouched");
    }

    @Test
    @Shows(FileOp.CopyFile.class)
    void copy_file_fills_a_blank_file_and_keeps_another() throws Exception {
        Path from = Files.writeString(directory.resolve("from"), "0-3");
        Path blank = Files.writeString(directory.resolve("blank"), " \n");
        Path written = Files.writeString(directory.resolve("written"), "1\n");
        executor.run(copy(from, blank), copy(from, written));
        assertThat(Files.readString(blank)).startsWith("0-3");
        assertThat(written).hasContent("1\n");
    }

    @Test
    @Fails(FileOp.CopyFile.class)
    void copy_file_needs_both_files_and_room() throws Exception {
        Path missing = directory.resolve("missing");
        Path blank = Files.createFile(directory.resolve("blank"));
        Path large = Files.writeString(directory.resolve("large"), "x".repeat(4097));
        Path fits = Files.writeString(directory.resolve("fits"), "x".repeat(4096));
        assertThat(executor.failure(copy(missing, blank))).isEqualTo("openat2 " + missing + ": ENOENT");
        assertThat(executor.failure(copy(blank, missing))).isEqualTo("openat2 " + missing + ": ENOENT");
        assertThat(executor.failure(copy(large, blank))).isEqualTo("read " + large + ": EFBIG");
        executor.run(copy(fits, blank));
        assertThat(blank).hasSize(4096);
    }

    @Tag("root")
    @Test
    @Shows(FileOp.WritePid.class)
    void write_pid_writes_the_child_s_number() throws Exception {
        Path file = directory.resolve("pid");
        Program waits = new Program();
        waits.add("test", new ChildOp.AwaitParent(1));
        var outcome = executor.run(
                new ProcessOp.Clone(CHILD, 0, Slot.NONE, "child", waits),
                new FileOp.WritePid(CHILD, Slot.CWD, file.toString(), Linux.O_WRONLY | Linux.O_CREAT, 0));
        assertThat(file).hasContent(Integer.toString(outcome.number(0)));
    }

    @Test
    @Fails(FileOp.WritePid.class)
    void write_pid_needs_a_process_and_a_file() throws Exception {
        Path file = directory.resolve("pid");
        for (Slot slot : List.of(EMPTY, Slot.NONE)) {
            assertThat(executor.failure(
                            new FileOp.WritePid(slot, Slot.CWD, file.toString(), Linux.O_WRONLY | Linux.O_CREAT, 0)))
                    .isEqualTo("write " + file + ": ESRCH");
        }
        assertThat(file).doesNotExist();
    }

    @Test
    @Shows(FileOp.Output.class)
    void output_writes_to_the_executor_s_own_streams() throws Exception {
        byte[] much = "line\n".repeat(100_000).getBytes(UTF_8);
        executor.finish(
                new FileOp.Output(1, much), new FileOp.Output(2, "said\n".getBytes(UTF_8)), new ProcessOp.Exit(0));
        assertThat(executor.exitCode()).isZero();
        assertThat(executor.stdout()).isEqualTo("line\n".repeat(100_000));
        assertThat(executor.stderr()).isEqualTo("said\n");
    }

    @Test
    @Fails(FileOp.Output.class)
    void output_names_the_stream_that_cannot_be_written() throws Exception {
        executor.run(new DescriptorOp.CloseRange(1, 1, 0));
        assertThat(executor.failure(new FileOp.Output(1, new byte[1]))).isEqualTo("write stdout: EBADF");
    }

    private List<String> names() throws Exception {
        try (var files = Files.list(directory)) {
            return files.map(file -> String.valueOf(file.getFileName())).toList();
        }
    }
}
