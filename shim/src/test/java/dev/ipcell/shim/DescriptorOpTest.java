// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Operations on descriptors. */
class DescriptorOpTest {
    private static final Slot SLOT = new Slot(0, "slot");
    private static final Slot OTHER = new Slot(255, "other");
    private static final Slot EMPTY = new Slot(7, "empty");

    /** statfs(2). */
    private static final int ST_RDONLY = 1;

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private Path file = Path.of("/");

    @BeforeEach
    void write_a_file() throws Exception {
        directory = directory.toRealPath();
        file = Files.writeString(directory.resolve("file"), "text");
    }

    private static DescriptorOp.OpenFd open(Slot slot, Path path) {
        return open(slot, Slot.CWD, path.toString(), 0);
    }

    private static DescriptorOp.OpenFd open(Slot slot, Slot base, String path, int resolve) {
        return new DescriptorOp.OpenFd(slot, base, path, Linux.O_PATH, 0, resolve);
    }

    @Test
    @Shows({DescriptorOp.OpenFd.class, DescriptorOp.FdPath.class})
    void open_fd_fills_a_slot_from_which_paths_go_on() throws Exception {
        var outcome = executor.run(
                open(SLOT, directory),
                open(OTHER, SLOT, "file", Linux.RESOLVE_BENEATH),
                new DescriptorOp.FdPath(OTHER));
        assertThat(outcome.text(2)).isEqualTo(file.toString());
    }

    @Test
    void open_fd_makes_a_file_with_exactly_the_mode() throws Exception {
        Path made = directory.resolve("made");
        executor.run(new DescriptorOp.OpenFd(
                SLOT, Slot.CWD, made.toString(), Linux.O_CREAT | Linux.O_EXCL | Linux.O_RDWR, 0622, 0));
        assertThat((int) Files.getAttribute(made, "unix:mode") & 07777).isEqualTo(0622);
    }

    @Test
    void open_fd_closes_what_was_in_the_slot() throws Exception {
        executor.run(open(SLOT, file));
        long before = descriptors();
        executor.run(open(SLOT, directory), open(SLOT, file), open(SLOT, directory));
        assertThat(descriptors()).isEqualTo(before);
    }

    @Test
    @Fails(DescriptorOp.OpenFd.class)
    void open_fd_tells_what_the_kernel_refused() throws Exception {
        Path missing = directory.resolve("missing");
        assertThat(executor.failure(open(SLOT, missing))).isEqualTo("openat2 " + missing + ": ENOENT");
        assertThat(executor.failure(open(SLOT, EMPTY, "file", 0))).isEqualTo("slot an empty slot: EBADF");
        assertThat(executor.failure(open(SLOT, Slot.NONE, "file", 0))).isEqualTo("slot an empty slot: EBADF");
    }

    @Test
    void open_fd_stays_where_its_resolution_says() throws Exception {
        Path below = Files.createDirectory(directory.resolve("below"));
        Files.createSymbolicLink(below.resolve("link"), Path.of("../file"));
        executor.run(open(SLOT, below), open(OTHER, SLOT, "link", 0));
        assertThat(executor.failure(open(OTHER, SLOT, "link", Linux.RESOLVE_NO_SYMLINKS)))
                .isEqualTo("openat2 link: ELOOP");
        assertThat(executor.failure(open(OTHER, SLOT, "link", Linux.RESOLVE_BENEATH)))
                .isEqualTo("openat2 link: EXDEV");
        assertThat(executor.failure(open(OTHER, SLOT, "link", Linux.RESOLVE_IN_ROOT)))
                .isEqualTo("openat2 link: ENOENT");
    }

    @Test
    @Shows(DescriptorOp.CloseFd.class)
    void close_fd_empties_a_slot_and_an_empty_one_is_no_matter() throws Exception {
        executor.run(open(OTHER, file));
        long before = descriptors();
        executor.run(
                open(SLOT, file),
                new DescriptorOp.CloseFd(SLOT),
                new DescriptorOp.CloseFd(SLOT),
                new DescriptorOp.CloseFd(EMPTY));
        executor.run(new DescriptorOp.CloseFd(Slot.NONE), new DescriptorOp.CloseFd(Slot.CWD));
        assertThat(descriptors()).isEqualTo(before);
        assertThat(executor.failure(new DescriptorOp.FdPath(SLOT))).isEqualTo("slot an empty slot: EBADF");
    }

    @Test
    @Fails(DescriptorOp.FdPath.class)
    void fd_path_is_of_a_descriptor() throws Exception {
        assertThat(executor.failure(new DescriptorOp.FdPath(EMPTY))).isEqualTo("slot an empty slot: EBADF");
        assertThat(executor.failure(new DescriptorOp.FdPath(Slot.CWD))).isEqualTo("readlink: EBADF");
    }

    @Test
    @Shows(FileOp.Stat.class)
    void stat_is_of_a_path_or_of_the_slot_itself() throws Exception {
        var outcome = executor.run(
                open(SLOT, file),
                new FileOp.Stat(SLOT, "", 0),
                new FileOp.Stat(Slot.CWD, file.toString(), 0),
                new FileOp.Stat(Slot.CWD, directory.toString(), 0));
        FileFacts facts = FileFacts.decode(outcome.bytes(1));
        assertThat(facts).isEqualTo(FileFacts.decode(outcome.bytes(2)));
        assertThat(facts.ino()).isEqualTo(Files.getAttribute(file, "unix:ino"));
        assertThat(facts.dev()).isEqualTo(Files.getAttribute(file, "unix:dev"));
        assertThat(facts.mode()).isEqualTo(Files.getAttribute(file, "unix:mode"));
        assertThat(facts.uid()).isEqualTo(Files.getAttribute(file, "unix:uid"));
        assertThat(facts.gid()).isEqualTo(Files.getAttribute(file, "unix:gid"));
        assertThat(facts.size()).isEqualTo(4);
        assertThat(facts.magic()).isNotZero();
        assertThat(facts.flags() & ST_RDONLY).isZero();
        assertThat(facts.flags()).isNotZero();
        assertThat(FileFacts.decode(outcome.bytes(3)).isDirectory()).isTrue();
    }

    @Test
    @Fails(FileOp.Stat.class)
    void stat_of_nothing_is_a_failure() throws Exception {
        Path missing = directory.resolve("missing");
        assertThat(executor.failure(new FileOp.Stat(Slot.CWD, missing.toString(), 0)))
                .isEqualTo("openat2 " + missing + ": ENOENT");
        assertThat(executor.failure(new FileOp.Stat(EMPTY, "", 0))).isEqualTo("slot an empty slot: EBADF");
    }

    @Test
    @Shows(DescriptorOp.Verify.class)
    void verify_lets_pass_what_is_as_it_must_be() throws Exception {
        var outcome = executor.run(new FileOp.Stat(Slot.CWD, "/dev/null", 0));
        long magic = FileFacts.decode(outcome.bytes(0)).magic();
        executor.run(
                open(SLOT, Path.of("/dev/null")),
                new DescriptorOp.Verify(SLOT, Linux.S_IFCHR, 1, 3, magic),
                new DescriptorOp.Verify(SLOT, 0, Linux.ANY, Linux.ANY, 0));
    }

    @Test
    @Fails(DescriptorOp.Verify.class)
    void verify_stops_at_another_type_device_or_file_system() throws Exception {
        executor.run(open(SLOT, Path.of("/dev/null")));
        assertThat(executor.failure(new DescriptorOp.Verify(SLOT, Linux.S_IFREG, Linux.ANY, Linux.ANY, 0)))
                .isEqualTo("fstat not the type of file that it must be: EXDEV");
        assertThat(executor.failure(new DescriptorOp.Verify(SLOT, Linux.S_IFCHR, 1, 5, 0)))
                .isEqualTo("fstat not the device that it must be: EXDEV");
        assertThat(executor.failure(new DescriptorOp.Verify(SLOT, Linux.S_IFCHR, 2, 3, 0)))
                .isEqualTo("fstat not the device that it must be: EXDEV");
        assertThat(executor.failure(new DescriptorOp.Verify(SLOT, 0, Linux.ANY, Linux.ANY, 0x9fa0)))
                .isEqualTo("fstatfs not on the file system that it must be on: EXDEV");
    }

    @Test
    @Shows(DescriptorOp.Lock.class)
    @Fails(DescriptorOp.Lock.class)
    void lock_holds_until_the_descriptor_is_closed() throws Exception {
        Op first = new DescriptorOp.OpenFd(SLOT, Slot.CWD, file.toString(), Linux.O_RDONLY, 0, 0);
        Op second = new DescriptorOp.OpenFd(OTHER, Slot.CWD, file.toString(), Linux.O_RDONLY, 0, 0);
        executor.run(first, second, new DescriptorOp.Lock(SLOT, Linux.LOCK_EX, 0));
        long start = System.nanoTime();
        assertThat(executor.failure(new DescriptorOp.Lock(OTHER, Linux.LOCK_EX, 60)))
                .isEqualTo("flock: EAGAIN");
        assertThat(System.nanoTime() - start).isGreaterThan(60_000_000);
        executor.run(new DescriptorOp.CloseFd(SLOT), new DescriptorOp.Lock(OTHER, Linux.LOCK_EX, 0));
    }

    @Test
    @Fails(DescriptorOp.Lock.class)
    void lock_of_an_empty_directory_fails_if_there_is_something_in_it_or_it_is_gone() throws Exception {
        Path directory = Files.createDirectory(file.resolveSibling("directory"));
        DescriptorOp.Lock empty = new DescriptorOp.Lock(SLOT, Linux.LOCK_EX | DescriptorOp.Lock.EMPTY, 0);
        executor.run(new DescriptorOp.OpenFd(SLOT, Slot.CWD, directory.toString(), Linux.O_RDONLY, 0, 0), empty);
        Files.createFile(directory.resolve("something"));
        executor.run(new DescriptorOp.OpenFd(SLOT, Slot.CWD, directory.toString(), Linux.O_RDONLY, 0, 0));
        assertThat(executor.failure(empty)).isEqualTo("getdents64 something: EEXIST");
        Files.delete(directory.resolve("something"));
        executor.run(new DescriptorOp.OpenFd(SLOT, Slot.CWD, directory.toString(), Linux.O_RDONLY, 0, 0));
        Files.delete(directory);
        assertThat(executor.failure(empty)).isEqualTo("getdents64: ENOENT");
    }

    @Test
    @Shows(DescriptorOp.CloseRange.class)
    void close_range_closes_descriptors() throws Exception {
        assertThat(Files.exists(executor.proc("fd/0"))).isTrue();
        executor.run(new DescriptorOp.CloseRange(0, 0, 0));
        assertThat(executor.failure(new FileOp.Stat(Slot.CWD, "/proc/self/fd/0", 0)))
                .isEqualTo("openat2 /proc/self/fd/0: ENOENT");
    }

    @Test
    @Fails(DescriptorOp.CloseRange.class)
    void close_range_needs_a_range() throws Exception {
        assertThat(executor.failure(new DescriptorOp.CloseRange(9, 8, 0))).isEqualTo("close_range: EINVAL");
    }

    @Test
    @Shows(DescriptorOp.CloseOthers.class)
    void close_others_leaves_two_slots_and_what_the_child_needs() throws Exception {
        Slot first = new Slot(4, "first");
        Slot second = new Slot(5, "second");
        Child child = Child.start(
                executor,
                0,
                open(first, "/proc"),
                open(SLOT, file.toString()),
                open(second, "/sys"),
                open(OTHER, file.toString()),
                new DescriptorOp.CloseOthers(3, first, second));
        try (var links = Files.list(Path.of("/proc/" + child.pid() + "/fd"))) {
            List<String> open = new ArrayList<>();
            for (Path link : links.toList()) {
                if (Integer.parseInt(link.getFileName().toString()) > 2) {
                    open.add(Files.readSymbolicLink(link).toString().replaceAll("\\[.*", ""));
                }
            }
            assertThat(open).containsExactlyInAnyOrder("/proc", "/sys", "socket:", "anon_inode:");
        }
    }

    @Test
    @Fails(DescriptorOp.CloseOthers.class)
    void close_others_wants_slots_that_are_filled() throws Exception {
        assertThat(Child.failure(executor, 0, new DescriptorOp.CloseOthers(3, SLOT, Slot.NONE)))
                .isEqualTo("child: slot an empty slot: EBADF");
        assertThat(Child.failure(
                        executor,
                        0,
                        new DescriptorOp.CloseOthers(3, Slot.NONE, Slot.NONE),
                        new DescriptorOp.FdPath(SLOT)))
                .isEqualTo("child: slot an empty slot: EBADF");
    }

    private static DescriptorOp.OpenFd open(Slot slot, String path) {
        return new DescriptorOp.OpenFd(slot, Slot.CWD, path, Linux.O_PATH, 0, 0);
    }

    private long descriptors() throws Exception {
        try (var files = Files.list(executor.proc("fd"))) {
            return files.count();
        }
    }
}
