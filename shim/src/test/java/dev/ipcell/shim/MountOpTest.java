// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.MountOp.FsMount;
import dev.ipcell.shim.MountOp.MountSetattr;
import dev.ipcell.shim.MountOp.MoveMount;
import dev.ipcell.shim.MountOp.OpenTree;
import dev.ipcell.shim.MountOp.PivotRoot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Operations on mounts, in a mount namespace of the executor's own. */
@Tag("root")
class MountOpTest {
    private static final Slot MOUNT = new Slot(0, "mount");
    private static final Slot OTHER = new Slot(1, "other");
    private static final Slot EMPTY = new Slot(7, "empty");
    private static final Op ALL_PRIVATE = new MountSetattr(Slot.CWD, "/", Linux.AT_RECURSIVE, 0, 0, Linux.MS_PRIVATE);

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private Path place = Path.of("/");

    @BeforeEach
    void unshare() throws Exception {
        directory = directory.toRealPath();
        place = Files.createDirectory(directory.resolve("place"));
        executor.run(new NamespaceOp.Unshare(Linux.CLONE_NEWNS), ALL_PRIVATE);
    }

    private static FsMount tmpfs(String... parameters) {
        return new FsMount(MOUNT, "tmpfs", "", List.of(parameters), 0, 0);
    }

    private static OpenTree copy(Path path) {
        return new OpenTree(OTHER, Slot.CWD, path.toString(), Linux.OPEN_TREE_CLONE, 0);
    }

    private static DescriptorOp.OpenFd open(Slot slot, Path path) {
        return new DescriptorOp.OpenFd(slot, Slot.CWD, path.toString(), Linux.O_PATH, 0, 0);
    }

    /** The line of the executor's mountinfo for a place, as {@code options - type source super-options}; "" for none. */
    private String mounted(Path at) throws Exception {
        return mounted(executor.proc("mountinfo"), at);
    }

    private static String mounted(Path mountinfo, Path at) throws Exception {
        for (String line : Files.readAllLines(mountinfo)) {
            if (line.contains(" " + at + " ")) {
                return line.substring(
                        line.indexOf(" " + at + " ") + at.toString().length() + 2);
            }
        }
        return "";
    }

    @Test
    @Shows({FsMount.class, MoveMount.class})
    void a_new_file_system_is_configured_and_attached() throws Exception {
        executor.run(
                new FsMount(MOUNT, "tmpfs", "a-name", List.of("size=64k", "mode=0711", "noswap"), 0x2 | 0x8, 0),
                new MoveMount(MOUNT, Slot.CWD, place.toString()));
        assertThat(mounted(place)).startsWith("rw,nosuid,noexec,").contains(" - tmpfs a-name rw,size=64k,mode=711");
        assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(place.toString());
    }

    @Test
    @Fails(FsMount.class)
    void a_parameter_that_is_refused_is_told_in_the_kernel_s_own_words() throws Exception {
        assertThat(executor.failure(tmpfs("size=nonsense"))).isEqualTo("fsconfig tmpfs: Bad value for 'size': EINVAL");
        assertThat(executor.failure(tmpfs("colour=red")))
                .isEqualTo("fsconfig tmpfs: Unknown parameter 'colour': EINVAL");
        assertThat(executor.failure(tmpfs("colour"))).isEqualTo("fsconfig tmpfs: Unknown parameter 'colour': EINVAL");
    }

    @Test
    void a_file_system_that_cannot_be_made_is_told_with_its_name() throws Exception {
        assertThat(executor.failure(new FsMount(MOUNT, "no-such-fs", "", List.of(), 0, 0)))
                .isEqualTo("fsopen no-such-fs: ENODEV");
        assertThat(executor.failure(new FsMount(MOUNT, "tmpfs", "", List.of(), 0x4000_0000, 0)))
                .isEqualTo("fsmount tmpfs: EINVAL");
        assertThat(executor.failure(new FsMount(MOUNT, "tmpfs", "", Collections.nCopies(64, "a"), 0, 0)))
                .isEqualTo("fsconfig tmpfs: E2BIG");
        assertThat(executor.failure(tmpfs("k".repeat(256)))).isEqualTo("fsconfig " + "k".repeat(256) + ": EINVAL");
        assertThat(executor.failure(new DescriptorOp.FdPath(MOUNT))).isEqualTo("slot an empty slot: EBADF");
    }

    @Test
    @Fails(MoveMount.class)
    void a_directory_does_not_go_onto_a_file() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        executor.run(tmpfs(), open(OTHER, file));
        assertThat(executor.failure(new MoveMount(MOUNT, OTHER, ""))).isEqualTo("move_mount: EINVAL");
        assertThat(executor.failure(new MoveMount(MOUNT, Slot.CWD, file.toString())))
                .isEqualTo("move_mount " + file + ": EINVAL");
        assertThat(executor.failure(new MoveMount(MOUNT, EMPTY, ""))).isEqualTo("slot an empty slot: EBADF");
        assertThat(executor.failure(new MoveMount(EMPTY, OTHER, ""))).isEqualTo("slot an empty slot: EBADF");
    }

    @Test
    @Shows(OpenTree.class)
    void a_copied_tree_is_a_bind_mount() throws Exception {
        Path from = Files.createDirectory(directory.resolve("from"));
        Files.writeString(from.resolve("file"), "seen");
        executor.run(copy(from), open(MOUNT, place), new MoveMount(OTHER, MOUNT, ""));
        assertThat(executor.proc("root" + place + "/file")).hasContent("seen");
        assertThat(place).isEmptyDirectory();
    }

    @Test
    @Fails(OpenTree.class)
    void a_tree_is_opened_as_its_resolution_says() throws Exception {
        Path missing = directory.resolve("missing");
        Files.createSymbolicLink(directory.resolve("link"), Path.of("place"));
        executor.run(open(MOUNT, directory));
        assertThat(executor.failure(copy(missing))).isEqualTo("open_tree " + missing + ": ENOENT");
        assertThat(executor.failure(new OpenTree(OTHER, MOUNT, "link", 1, Linux.RESOLVE_NO_SYMLINKS)))
                .isEqualTo("openat2 link: ELOOP");
        assertThat(executor.failure(new OpenTree(OTHER, MOUNT, "place", 1 << 30, Linux.RESOLVE_BENEATH)))
                .isEqualTo("open_tree place: EINVAL");
    }

    @Test
    @Shows(MountSetattr.class)
    void attributes_are_set_and_cleared() throws Exception {
        executor.run(
                tmpfs(),
                new MountSetattr(MOUNT, "", Linux.AT_EMPTY_PATH, 1 | 4, 0, 0),
                new MoveMount(MOUNT, Slot.CWD, place.toString()));
        assertThat(mounted(place)).startsWith("ro,nodev,");
        executor.run(new MountSetattr(Slot.CWD, place.toString(), 0, 2, 1, Linux.MS_SHARED));
        assertThat(mounted(place)).startsWith("rw,nosuid,nodev,").contains(" shared:");
    }

    @Test
    @Fails(MountSetattr.class)
    void attributes_are_a_mount_s_and_not_a_directory_s() throws Exception {
        assertThat(executor.failure(new MountSetattr(Slot.CWD, place.toString(), 0, 1, 0, 0)))
                .isEqualTo("mount_setattr " + place + ": EINVAL");
        assertThat(executor.failure(new MountSetattr(EMPTY, "", Linux.AT_EMPTY_PATH, 1, 0, 0)))
                .isEqualTo("slot an empty slot: EBADF");
    }

    @Test
    @Shows(PivotRoot.class)
    void a_child_gets_a_new_root_and_loses_the_old_one() throws Exception {
        Child child = Child.start(
                executor,
                Linux.CLONE_NEWNS | Linux.CLONE_NEWPID,
                tmpfs(),
                new MoveMount(MOUNT, Slot.CWD, place.toString()),
                new FileOp.WriteFile(MOUNT, "inside", Linux.O_WRONLY | Linux.O_CREAT, 0600, 0, new byte[1]),
                new PivotRoot(MOUNT));
        try (var files = Files.list(child.proc("root/"))) {
            assertThat(files.map(file -> String.valueOf(file.getFileName()))).containsExactly("inside");
        }
        assertThat(Files.readAllLines(child.proc("mountinfo"))).hasSize(1);
        assertThat(mounted(child.proc("mountinfo"), Path.of("/"))).contains(" - tmpfs ");
        assertThat(Files.readSymbolicLink(child.proc("cwd"))).isEqualTo(Path.of("/"));
        assertThat(mounted(place)).as("the executor's own namespace").isEmpty();
    }

    @Test
    @Fails(PivotRoot.class)
    void a_root_is_a_mount_that_is_attached() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        executor.run(tmpfs(), open(OTHER, file), open(new Slot(2, "place"), place));
        assertThat(Child.failure(executor, Linux.CLONE_NEWNS, new PivotRoot(new Slot(2, "place"))))
                .isEqualTo("child: pivot_root: EINVAL");
        assertThat(Child.failure(executor, Linux.CLONE_NEWNS, new PivotRoot(MOUNT)))
                .isEqualTo("child: pivot_root: EINVAL");
        assertThat(Child.failure(executor, Linux.CLONE_NEWNS, new PivotRoot(OTHER)))
                .isEqualTo("child: fchdir: ENOTDIR");
    }

    @Test
    @Shows(MountOp.Chroot.class)
    void a_root_is_moved_over_the_old_one_and_entered() throws Exception {
        Child child = Child.start(
                executor,
                Linux.CLONE_NEWNS,
                tmpfs(),
                new MoveMount(MOUNT, Slot.CWD, place.toString()),
                new FileOp.WriteFile(MOUNT, "inside", Linux.O_WRONLY | Linux.O_CREAT, 0600, 0, new byte[1]),
                new MoveMount(MOUNT, Slot.CWD, "/"),
                new MountOp.Chroot(MOUNT));
        try (var files = Files.list(child.proc("root/"))) {
            assertThat(files.map(file -> String.valueOf(file.getFileName()))).containsExactly("inside");
        }
        assertThat(Files.readSymbolicLink(child.proc("cwd"))).isEqualTo(Path.of("/"));
    }

    @Test
    @Fails(MountOp.Chroot.class)
    void what_is_no_directory_is_no_root() throws Exception {
        executor.run(open(OTHER, Files.createFile(directory.resolve("file"))));
        assertThat(Child.failure(executor, Linux.CLONE_NEWNS, new MountOp.Chroot(OTHER)))
                .isEqualTo("child: fchdir: ENOTDIR");
        assertThat(Child.failure(executor, Linux.CLONE_NEWNS, new MountOp.Chroot(EMPTY)))
                .isEqualTo("child: slot an empty slot: EBADF");
    }

    @Test
    @Shows(MountOp.Unmount.class)
    void what_is_mounted_goes_with_all_below_it_though_it_is_in_use() throws Exception {
        Path below = place.resolve("below");
        executor.run(
                tmpfs(),
                new MoveMount(MOUNT, Slot.CWD, place.toString()),
                new PathOp.MakeDir(Slot.CWD, below.toString(), 0755, 0),
                new FsMount(OTHER, "tmpfs", "", List.of(), 0, 0),
                new MoveMount(OTHER, Slot.CWD, below.toString()));
        assertThat(mounted(below)).contains("tmpfs");
        executor.run(new MountOp.Unmount(place.toString()));
        assertThat(mounted(below) + mounted(place)).isEmpty();
        executor.run(new MountOp.Unmount(place.toString()), new MountOp.Unmount(below.toString()));
    }

    @Test
    @Fails(MountOp.Unmount.class)
    void a_link_to_a_mount_is_not_followed_and_a_file_on_the_way_is_told() throws Exception {
        executor.run(tmpfs(), new MoveMount(MOUNT, Slot.CWD, place.toString()));
        Path link = Files.createSymbolicLink(directory.resolve("link"), place);
        executor.run(new MountOp.Unmount(link.toString()));
        assertThat(mounted(place)).contains("tmpfs");
        String below = Files.createFile(directory.resolve("file")) + "/x";
        assertThat(executor.failure(new MountOp.Unmount(below))).isEqualTo("umount2 " + below + ": ENOTDIR");
    }
}
