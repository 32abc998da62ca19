// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.MountOp.IdmapMount;
import dev.ipcell.shim.MountOp.MountSetattr;
import dev.ipcell.shim.MountOp.MoveMount;
import dev.ipcell.shim.MountOp.OpenTree;
import dev.ipcell.shim.NamespaceOp.CloneInside;
import dev.ipcell.shim.NamespaceOp.MapIds;
import dev.ipcell.shim.NamespaceOp.OpenNs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Id-mapped mounts, and children made in a user namespace. */
@Tag("root")
class IdmapOpTest {
    private static final Slot MOUNT = new Slot(0, "mount");
    private static final Slot USER = new Slot(1, "user");
    private static final Slot OTHER = new Slot(4, "other");
    private static final Slot EMPTY = new Slot(7, "empty");
    private static final Op ALL_PRIVATE = new MountSetattr(Slot.CWD, "/", Linux.AT_RECURSIVE, 0, 0, Linux.MS_PRIVATE);

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private Path from = Path.of("/");
    private Path below = Path.of("/");
    private Path place = Path.of("/");

    @BeforeEach
    void unshare() throws Exception {
        directory = directory.toRealPath();
        from = Files.createDirectory(directory.resolve("from"));
        below = Files.createDirectory(from.resolve("below"));
        place = Files.createDirectory(directory.resolve("place"));
        executor.run(new NamespaceOp.Unshare(Linux.CLONE_NEWNS), ALL_PRIVATE);
    }

    private static MapIds maps(String uids, String gids) {
        return new MapIds(USER, uids.getBytes(US_ASCII), gids.getBytes(US_ASCII));
    }

    private static OpenTree copy(Path path) {
        int flags = Linux.OPEN_TREE_CLONE | Linux.AT_RECURSIVE;
        return new OpenTree(MOUNT, Slot.CWD, path.toString(), flags, 0);
    }

    private String owner(String path) throws Exception {
        Path seen = executor.proc("root" + place + path);
        return Files.getAttribute(seen, "unix:uid") + ":" + Files.getAttribute(seen, "unix:gid");
    }

    private void tmpfsBelow() throws Exception {
        executor.run(
                new MountOp.FsMount(MOUNT, "tmpfs", "", List.of("uid=1000", "gid=1000"), 0, 0),
                new MoveMount(MOUNT, Slot.CWD, below.toString()));
        Files.setAttribute(from, "unix:uid", 1000);
        Files.setAttribute(from, "unix:gid", 1000);
    }

    @Test
    @Shows({MapIds.class, IdmapMount.class})
    void a_mount_shows_mapped_ids_and_those_below_it_only_if_asked_to() throws Exception {
        tmpfsBelow();
        executor.run(
                maps("1000 7 1\n0 100000 1\n", "1000 8 1\n"),
                copy(from),
                new IdmapMount(MOUNT, 0, USER),
                new MoveMount(MOUNT, Slot.CWD, place.toString()));
        assertThat(owner("")).isEqualTo("7:8");
        assertThat(owner("/below")).isEqualTo("1000:1000");
        executor.run(
                copy(from),
                new IdmapMount(MOUNT, Linux.AT_RECURSIVE, USER),
                new MoveMount(MOUNT, Slot.CWD, place.toString()));
        assertThat(owner("")).isEqualTo("7:8");
        assertThat(owner("/below")).isEqualTo("7:8");
    }

    @Test
    void nobody_stays_in_a_user_namespace_that_was_made_for_its_maps() throws Exception {
        executor.run(maps("0 1 1\n", "0 1 1\n"));
        String pid = String.valueOf(executor.proc("").getFileName());
        assertThat(Path.of("/proc/" + pid + "/task/" + pid + "/children"))
                .content()
                .isBlank();
    }

    @Test
    @Fails(MapIds.class)
    void maps_that_the_kernel_refuses_are_told_by_their_file() throws Exception {
        assertThat(executor.failure(maps("0 0 1\n0 5 1\n", "0 0 1\n"))).isEqualTo("write uid_map: EINVAL");
        assertThat(executor.failure(maps("0 0 1\n", "nonsense"))).isEqualTo("write gid_map: EINVAL");
        assertThat(executor.failure(new DescriptorOp.FdPath(USER))).isEqualTo("slot an empty slot: EBADF");
    }

    @Test
    @Fails(IdmapMount.class)
    void a_mount_is_mapped_once_and_before_it_is_attached_and_not_every_file_system_can() throws Exception {
        executor.run(maps("0 1 1\n", "0 1 1\n"), copy(from), new IdmapMount(MOUNT, 0, USER));
        IdmapMount again = new IdmapMount(MOUNT, 0, USER);
        assertThat(executor.failure(again)).isEqualTo("mount_setattr: EPERM");
        executor.run(new MountOp.FsMount(MOUNT, "tmpfs", "", List.of(), 0, 0));
        executor.run(new MoveMount(MOUNT, Slot.CWD, place.toString()));
        assertThat(executor.failure(again)).isEqualTo("mount_setattr: EINVAL");
        executor.run(new MountOp.FsMount(MOUNT, "proc", "", List.of(), 0, 0));
        assertThat(executor.failure(again)).isEqualTo("mount_setattr: EINVAL");
        assertThat(executor.failure(new IdmapMount(MOUNT, 0, EMPTY))).isEqualTo("slot an empty slot: EBADF");
        assertThat(executor.failure(new IdmapMount(EMPTY, 0, USER))).isEqualTo("slot an empty slot: EBADF");
    }

    @Test
    @Shows(CloneInside.class)
    void a_child_made_inside_a_user_namespace_owns_its_new_ones_by_it() throws Exception {
        executor.run(maps("0 100000 10\n", "0 200000 10\n"), new CloneInside(USER));
        Child child = Child.start(executor, Linux.CLONE_NEWPID | Linux.CLONE_NEWUTS, new CredentialOp.SetIds(0, 0));
        assertThat(child.status("Uid")).startsWith("100000\t");
        assertThat(child.status("NSpid")).endsWith("\t1");
        assertThat(Integer.parseInt(child.status("PPid")))
                .isEqualTo(Integer.parseInt(String.valueOf(executor.proc("").getFileName())));
        NamespaceId user = id("user", child);
        assertThat(owner("pid", child)).isEqualTo(user);
        assertThat(owner("uts", child)).isEqualTo(user);
        assertThat(user).isNotEqualTo(executor.hello().namespace("user"));
        Child next = Child.start(executor, Linux.CLONE_NEWUTS);
        assertThat(owner("uts", next))
                .as("that of the next one")
                .isEqualTo(executor.hello().namespace("user"));
    }

    private NamespaceFacts facts(String kind, Child child) throws Exception {
        return NamespaceFacts.decode(executor.run(
                        new OpenNs(OTHER, Slot.CWD, child.proc("ns/" + kind).toString()))
                .bytes(0));
    }

    private NamespaceId owner(String kind, Child child) throws Exception {
        return facts(kind, child).owner();
    }

    private NamespaceId id(String kind, Child child) throws Exception {
        return facts(kind, child).id();
    }

    @Test
    @Fails(CloneInside.class)
    void a_child_is_made_inside_user_namespaces_only() throws Exception {
        assertThat(executor.failure(new CloneInside(EMPTY))).isEqualTo("slot an empty slot: EBADF");
        executor.run(new OpenNs(OTHER, Slot.CWD, "/proc/self/ns/uts"), new CloneInside(OTHER));
        assertThat(executor.failure(Child.waiting(0))).isEqualTo("setns: EINVAL");
        executor.run(maps("0 1 1\n", "0 1 1\n"), new CloneInside(USER));
        assertThat(executor.failure(Child.waiting(Linux.CLONE_NEWUSER | Linux.CLONE_NEWNS | 0)))
                .isEqualTo("clone3: EPERM");
        Child.start(executor, 0);
    }
}
