// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.PathOp.MakeMountPoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Operations that make things in a root file system that nobody trusts. Beside the root lies what must not be reached from it. */
class RootPathOpTest {
    private static final Slot ROOT = new Slot(0, "root");
    private static final Slot MADE = new Slot(1, "made");
    private static final int USER = 1234;

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private Path root = Path.of("/");
    private Path outside = Path.of("/");

    @BeforeEach
    void open_the_root() throws Exception {
        directory = directory.toRealPath();
        root = Files.createDirectory(directory.resolve("root"));
        outside = Files.createDirectory(directory.resolve("outside"));
        executor.run(new DescriptorOp.OpenFd(ROOT, Slot.CWD, root.toString(), Linux.O_PATH | Linux.O_DIRECTORY, 0, 0));
    }

    @AfterEach
    void nothing_has_come_out_of_the_root() throws Exception {
        assertThat(names(directory)).containsExactlyInAnyOrder("root", "outside");
        assertThat(names(outside)).isEmpty();
    }

    private static MakeMountPoint mountPoint(String path, int kind) {
        return new MakeMountPoint(MADE, ROOT, path, kind, 0710);
    }

    private void link(String name, String target) throws Exception {
        Files.createSymbolicLink(root.resolve(name), Path.of(target));
    }

    private String placeOf(MakeMountPoint op) throws Exception {
        return executor.run(op, new DescriptorOp.FdPath(MADE)).text(1);
    }

    @Test
    @Shows(MakeMountPoint.class)
    void make_mount_point_makes_what_is_missing_step_by_step() throws Exception {
        assertThat(placeOf(mountPoint("/a/b/c", MakeMountPoint.DIRECTORY))).isEqualTo(root + "/a/b/c");
        assertThat(placeOf(mountPoint("a/b//d/", MakeMountPoint.DIRECTORY_NO_SYMLINKS)))
                .isEqualTo(root + "/a/b/d");
        assertThat(placeOf(mountPoint("/a/new/file", MakeMountPoint.FILE))).isEqualTo(root + "/a/new/file");
        assertThat(root.resolve("a/new/file")).isRegularFile();
        assertThat((int) Files.getAttribute(root.resolve("a/b/c"), "unix:mode") & 0777)
                .isEqualTo(0710);
        assertThat((int) Files.getAttribute(root.resolve("a/b"), "unix:mode") & 0777)
                .isEqualTo(0755);
        assertThat(placeOf(mountPoint("/a/b/c", MakeMountPoint.DIRECTORY))).isEqualTo(root + "/a/b/c");
        assertThat(placeOf(mountPoint("/", MakeMountPoint.DIRECTORY))).isEqualTo(root.toString());
    }

    @Test
    @Fails(MakeMountPoint.class)
    void make_mount_point_needs_the_kind_that_is_there() throws Exception {
        Files.createFile(root.resolve("file"));
        Files.createDirectory(root.resolve("made"));
        assertThat(executor.failure(mountPoint("/made", MakeMountPoint.FILE))).isEqualTo("openat2 /made: EISDIR");
        assertThat(executor.failure(mountPoint("/file", MakeMountPoint.DIRECTORY)))
                .isEqualTo("openat2 /file: ENOTDIR");
        assertThat(executor.failure(mountPoint("/file/below", MakeMountPoint.DIRECTORY)))
                .isEqualTo("openat2 /file/below: ENOTDIR");
        assertThat(executor.failure(mountPoint("", MakeMountPoint.DIRECTORY))).isEqualTo("openat2: ENOENT");
        assertThat(executor.failure(mountPoint("x".repeat(4096), MakeMountPoint.FILE)))
                .endsWith(": ENAMETOOLONG");
    }

    @Test
    void make_mount_point_can_be_alike_what_the_slot_held() throws Exception {
        Files.createFile(root.resolve("file"));
        Files.createDirectory(root.resolve("directory"));
        var outcome = executor.run(
                new DescriptorOp.OpenFd(MADE, ROOT, "file", Linux.O_PATH, 0, 0),
                mountPoint("/new/file", MakeMountPoint.ALIKE),
                new DescriptorOp.FdPath(MADE),
                new DescriptorOp.OpenFd(MADE, ROOT, "directory", Linux.O_PATH, 0, 0),
                mountPoint("/new/directory", MakeMountPoint.ALIKE),
                new DescriptorOp.FdPath(MADE));
        assertThat(outcome.text(2)).isEqualTo(root + "/new/file");
        assertThat(outcome.text(5)).isEqualTo(root + "/new/directory");
        assertThat(root.resolve("new/file")).isRegularFile();
        assertThat(root.resolve("new/directory")).isDirectory();
        executor.run(new DescriptorOp.CloseFd(MADE));
        assertThat(executor.failure(mountPoint("/new", MakeMountPoint.ALIKE))).isEqualTo("slot an empty slot: EBADF");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../outside/a", "/../../outside/a", "x/../../outside/a", "/x/y/../../../../outside/a"})
    void make_mount_point_does_not_climb_out_of_the_root(String path) throws Exception {
        assertThat(placeOf(mountPoint(path, MakeMountPoint.DIRECTORY))).isEqualTo(root + "/outside/a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../outside", "/outside", "../../outside", "/../outside"})
    void make_mount_point_follows_a_link_only_inside_the_root(String target) throws Exception {
        link("link", target);
        assertThat(placeOf(mountPoint("/link/a", MakeMountPoint.DIRECTORY))).isEqualTo(root + "/outside/a");
        assertThat(placeOf(mountPoint("/link/b", MakeMountPoint.FILE))).isEqualTo(root + "/outside/b");
        assertThat(placeOf(mountPoint("/link", MakeMountPoint.DIRECTORY))).isEqualTo(root + "/outside");
    }

    @Test
    void make_mount_point_goes_no_magic_way_out() throws Exception {
        link("link", outside.toString());
        assertThat(placeOf(mountPoint("/link", MakeMountPoint.DIRECTORY))).isEqualTo(root + outside.toString());
        link("loop", "loop");
        assertThat(executor.failure(mountPoint("/loop/a", MakeMountPoint.DIRECTORY)))
                .isEqualTo("openat2 /loop/a: ELOOP");
    }

    @Test
    @Tag("root")
    void make_mount_point_follows_no_magic_link_of_a_proc_in_the_root() throws Exception {
        Slot proc = new Slot(2, "proc");
        executor.run(
                new NamespaceOp.Unshare(Linux.CLONE_NEWNS),
                new MountOp.MountSetattr(Slot.CWD, "/", Linux.AT_RECURSIVE, 0, 0, Linux.MS_PRIVATE),
                new DescriptorOp.OpenFd(ROOT, Slot.CWD, root.toString(), Linux.O_PATH | Linux.O_DIRECTORY, 0, 0),
                mountPoint("/proc", MakeMountPoint.DIRECTORY),
                new MountOp.FsMount(proc, "proc", "proc", List.of(), 0, 0),
                new MountOp.MoveMount(proc, MADE, ""));
        String out = "/proc/self/root" + outside;
        assertThat(executor.failure(mountPoint(out + "/a", MakeMountPoint.DIRECTORY)))
                .isEqualTo("openat2 " + out + "/a: ELOOP");
        assertThat(executor.failure(new PathOp.Symlink(ROOT, "x", out + "/a"))).isEqualTo("openat2 " + out + ": ELOOP");
    }

    @Test
    void make_mount_point_without_links_says_that_there_is_one() throws Exception {
        Files.createDirectory(root.resolve("real"));
        link("link", "real");
        String expected = ": a symbolic link where none may be: ELOOP";
        assertThat(executor.failure(mountPoint("/link", MakeMountPoint.DIRECTORY_NO_SYMLINKS)))
                .isEqualTo("openat2 /link" + expected);
        assertThat(executor.failure(mountPoint("/link/a/b", MakeMountPoint.DIRECTORY_NO_SYMLINKS)))
                .isEqualTo("openat2 /link/a/b" + expected);
        assertThat(root.resolve("real")).isEmptyDirectory();
    }

    @Test
    void nothing_comes_out_while_a_directory_and_a_link_change_places() throws Exception {
        Path place = Files.createDirectory(root.resolve("place"));
        AtomicBoolean goOn = new AtomicBoolean(true);
        Thread exchanging = Thread.ofPlatform().start(() -> {
            for (int i = 0; goOn.get(); i++) {
                exchange(place, root.resolve("old" + i));
            }
        });
        try {
            for (int i = 0; i < 300; i++) {
                Op made = mountPoint("/place/" + i + "/b", MakeMountPoint.DIRECTORY);
                Op link = new PathOp.Symlink(ROOT, "x", "/place/link" + i);
                executor.run(List.of(Step.optional("race", made), Step.optional("race", link)), Fault.NONE);
            }
        } finally {
            goOn.set(false);
            exchanging.join();
        }
    }

    private static void exchange(Path place, Path old) {
        try {
            Files.move(place, old);
            Files.createSymbolicLink(place, Path.of("../../outside"));
            Files.delete(place);
            Files.createDirectory(place);
        } catch (FileSystemException e) {
            // The executor has made the directory in between: it is moved away next time.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    @Shows(PathOp.Symlink.class)
    void symlink_makes_a_link_and_the_directories_before_it() throws Exception {
        executor.run(new PathOp.Symlink(ROOT, "target", "/dev/fd"), new PathOp.Symlink(ROOT, "other", "dev/fd"));
        assertThat(Files.readSymbolicLink(root.resolve("dev/fd"))).isEqualTo(Path.of("target"));
    }

    @Test
    @Fails(PathOp.Symlink.class)
    void symlink_needs_a_name() throws Exception {
        for (String path : List.of("/", "..", "a/..", "a/.")) {
            assertThat(executor.failure(new PathOp.Symlink(ROOT, "target", path)))
                    .isEqualTo("openat2 " + path + ": no name to make: EINVAL");
        }
        assertThat(executor.failure(new PathOp.Symlink(ROOT, "", "link"))).isEqualTo("symlink link: ENOENT");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../outside", "/outside"})
    void symlink_and_node_are_made_inside_the_root(String target) throws Exception {
        link("link", target);
        executor.run(
                new PathOp.Symlink(ROOT, "x", "/link/symlink"),
                new PathOp.Symlink(ROOT, "x", "../outside/climbed"),
                new PathOp.MakeNode(ROOT, "/link/fifo", Linux.S_IFIFO | 0600, 0, 0, uid(), gid()));
        assertThat(names(root.resolve("outside"))).containsExactlyInAnyOrder("symlink", "climbed", "fifo");
    }

    @Test
    @Tag("root")
    @Shows(PathOp.MakeNode.class)
    void make_node_makes_a_device_with_mode_and_owner() throws Exception {
        PathOp.MakeNode op = new PathOp.MakeNode(ROOT, "/dev/null", Linux.S_IFCHR | 0666, 1, 3, USER, USER + 1);
        var outcome = executor.run(op, op, new FileOp.Stat(ROOT, "dev/null", 0));
        FileFacts facts = FileFacts.decode(outcome.bytes(2));
        assertThat(facts.mode()).isEqualTo(Linux.S_IFCHR | 0666);
        assertThat(facts.rdev()).isEqualTo(0x103);
        assertThat(facts.uid()).isEqualTo(USER);
        assertThat(facts.gid()).isEqualTo(USER + 1);
    }

    @Test
    @Fails(PathOp.MakeNode.class)
    void make_node_keeps_no_other_node_and_follows_no_link() throws Exception {
        Files.createFile(root.resolve("file"));
        link("link", "/file");
        for (String name : List.of("file", "link")) {
            assertThat(executor.failure(new PathOp.MakeNode(ROOT, name, Linux.S_IFIFO | 0600, 0, 0, uid(), gid())))
                    .isEqualTo("mknod " + name + ": not the device asked for: EXDEV");
        }
        assertThat(executor.failure(new PathOp.MakeNode(ROOT, "x", Linux.S_IFDIR | 0700, 0, 0, 0, 0)))
                .startsWith("mknod x: E");
    }

    @Test
    @Tag("root")
    void make_node_does_not_take_another_device_for_its_own() throws Exception {
        executor.run(new PathOp.MakeNode(ROOT, "zero", Linux.S_IFCHR | 0666, 1, 5, 0, 0));
        assertThat(executor.failure(new PathOp.MakeNode(ROOT, "zero", Linux.S_IFCHR | 0666, 1, 3, 0, 0)))
                .isEqualTo("mknod zero: not the device asked for: EXDEV");
    }

    private int uid() throws Exception {
        return executor.hello().caller().uid();
    }

    private int gid() throws Exception {
        return executor.hello().caller().gid();
    }

    private static List<String> names(Path directory) throws Exception {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            return List.of("no directory");
        }
        try (var files = Files.list(directory)) {
            return files.map(file -> String.valueOf(file.getFileName())).toList();
        }
    }
}
