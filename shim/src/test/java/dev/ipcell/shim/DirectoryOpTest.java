// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Operations that make and remove entries of directories. */
class DirectoryOpTest {
    private static final Slot SLOT = new Slot(0, "slot");

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private static PathOp.MakeDir makeDir(Path path, int flags) {
        return new PathOp.MakeDir(Slot.CWD, path.toString(), 02751, flags);
    }

    private static PathOp.RemoveFile removeFile(Path path) {
        return new PathOp.RemoveFile(Slot.CWD, path.toString());
    }

    private static PathOp.RemoveDir removeDir(Path path, int busyMillis) {
        return new PathOp.RemoveDir(Slot.CWD, path.toString(), busyMillis);
    }

    @Test
    @Shows(PathOp.MakeDir.class)
    void make_dir_makes_one_with_the_mode_and_may_find_it_there() throws Exception {
        Path made = directory.resolve("made");
        executor.run(makeDir(made, 0), makeDir(made, PathOp.MakeDir.MAY_EXIST));
        assertThat(made).isDirectory();
        assertThat((int) Files.getAttribute(made, "unix:mode") & 0777).isEqualTo(0751);
    }

    @Test
    @Fails(PathOp.MakeDir.class)
    void make_dir_fails_if_something_is_there_that_must_not_be() throws Exception {
        Path made = Files.createDirectory(directory.resolve("made"));
        Path file = Files.createFile(directory.resolve("file"));
        Path nowhere = Files.createSymbolicLink(directory.resolve("link"), Path.of("nowhere"));
        assertThat(executor.failure(makeDir(made, 0))).isEqualTo("mkdir " + made + ": EEXIST");
        assertThat(executor.failure(makeDir(file, PathOp.MakeDir.MAY_EXIST))).isEqualTo("mkdir " + file + ": ENOTDIR");
        assertThat(executor.failure(makeDir(nowhere, PathOp.MakeDir.MAY_EXIST)))
                .isEqualTo("stat " + nowhere + ": ENOENT");
    }

    @Test
    @Shows(PathOp.RemoveFile.class)
    void remove_file_removes_a_name_and_not_what_a_link_leads_to() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        executor.run(removeFile(link), removeFile(link));
        assertThat(Files.exists(link, LinkOption.NOFOLLOW_LINKS)).isFalse();
        assertThat(file).exists();
    }

    @Test
    @Fails(PathOp.RemoveFile.class)
    void remove_file_removes_no_directory() throws Exception {
        Path made = Files.createDirectory(directory.resolve("made"));
        assertThat(executor.failure(removeFile(made))).isEqualTo("unlink " + made + ": EISDIR");
    }

    @Test
    @Shows(PathOp.RemoveDir.class)
    void remove_dir_removes_an_empty_directory_or_finds_none() throws Exception {
        Path made = Files.createDirectory(directory.resolve("made"));
        executor.run(removeDir(made, 0), removeDir(made, 0));
        assertThat(made).doesNotExist();
    }

    @Test
    @Fails(PathOp.RemoveDir.class)
    void remove_dir_removes_nothing_that_is_in_use() throws Exception {
        Path made = Files.createDirectory(directory.resolve("made"));
        Files.createFile(made.resolve("file"));
        assertThat(executor.failure(removeDir(made, 1000))).isEqualTo("rmdir " + made + ": ENOTEMPTY");
        Path link = Files.createSymbolicLink(directory.resolve("link"), made);
        assertThat(executor.failure(removeDir(link, 0))).isEqualTo("rmdir " + link + ": ENOTDIR");
    }

    @Test
    @Tag("root")
    void remove_dir_is_patient_with_a_busy_directory_for_as_long_as_it_is_told() throws Exception {
        Path busy = Files.createDirectory(directory.resolve("busy"));
        executor.run(
                new NamespaceOp.Unshare(Linux.CLONE_NEWNS),
                new MountOp.MountSetattr(Slot.CWD, "/", Linux.AT_RECURSIVE, 0, 0, Linux.MS_PRIVATE),
                new MountOp.FsMount(SLOT, "tmpfs", "", List.of(), 0, 0),
                new MountOp.MoveMount(SLOT, Slot.CWD, busy.toString()));
        long start = System.nanoTime();
        assertThat(executor.failure(removeDir(busy, 100))).isEqualTo("rmdir " + busy + ": EBUSY");
        assertThat(System.nanoTime() - start).isGreaterThan(100_000_000);
    }
}
