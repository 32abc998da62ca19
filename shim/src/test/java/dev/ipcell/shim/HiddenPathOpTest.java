// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.MountOp.MaskPath;
import dev.ipcell.shim.MountOp.ReadonlyPath;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Paths in a root that are hidden or made read-only, in a mount namespace of the executor's own. */
@Tag("root")
class HiddenPathOpTest {
    private static final Slot ROOT = new Slot(0, "root");
    private static final Slot EMPTY_DIRECTORY = new Slot(1, "empty");
    private static final Slot NULL = new Slot(2, "null");
    private static final Slot NOTHING = new Slot(7, "nothing");

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private Path root = Path.of("/");
    private Path outside = Path.of("/");

    @BeforeEach
    void make_a_root() throws Exception {
        directory = directory.toRealPath();
        root = Files.createDirectory(directory.resolve("root"));
        outside = Files.createDirectory(directory.resolve("secret"));
        for (Path place : List.of(directory, root)) {
            Files.createDirectories(place.resolve("secret"));
            Files.writeString(place.resolve("secret/file"), "text");
        }
        executor.run(
                new NamespaceOp.Unshare(Linux.CLONE_NEWNS),
                new MountOp.MountSetattr(Slot.CWD, "/", Linux.AT_RECURSIVE, 0, 0, Linux.MS_PRIVATE),
                new DescriptorOp.OpenFd(ROOT, Slot.CWD, root.toString(), Linux.O_PATH, 0, 0),
                new DescriptorOp.OpenFd(NULL, Slot.CWD, "/dev/null", Linux.O_PATH, 0, 0),
                new MountOp.FsMount(EMPTY_DIRECTORY, "tmpfs", "", List.of(), (int) Linux.MOUNT_ATTR_RDONLY, 0));
    }

    private static MaskPath mask(String path) {
        return new MaskPath(ROOT, path, EMPTY_DIRECTORY, NULL);
    }

    private static ReadonlyPath readonly(String path) {
        return new ReadonlyPath(ROOT, path);
    }

    /** As the executor sees it. */
    private Path seen(Path path) throws IOException {
        return executor.proc("root" + path);
    }

    private long mounts() throws IOException {
        return Files.readAllLines(executor.proc("mountinfo")).stream()
                .filter(line -> line.contains(directory.toString()))
                .count();
    }

    @Test
    @Shows(MaskPath.class)
    void directories_are_hidden_by_an_empty_one_and_files_by_the_null_device() throws Exception {
        Files.createDirectory(root.resolve("other"));
        Files.writeString(root.resolve("other/file"), "text");
        Files.writeString(root.resolve("file"), "text");
        executor.run(mask("/secret"), mask("/other"), mask("file"));
        for (String name : List.of("secret", "other")) {
            assertThat(seen(root.resolve(name))).isEmptyDirectory();
            assertThatThrownBy(() -> Files.createFile(seen(root.resolve(name + "/new"))))
                    .isInstanceOf(FileSystemException.class)
                    .hasMessageContaining("Read-only");
        }
        assertThat(Files.readString(seen(root.resolve("file")))).isEmpty();
        assertThat(root.resolve("file")).as("in this namespace").hasContent("text");
    }

    @Test
    @Shows(ReadonlyPath.class)
    void a_read_only_path_is_read_and_not_written() throws Exception {
        Files.writeString(root.resolve("file"), "text");
        executor.run(readonly("/secret"), readonly("file"));
        for (String name : List.of("secret/file", "file")) {
            assertThat(seen(root.resolve(name))).hasContent("text");
            assertThatThrownBy(() -> Files.writeString(seen(root.resolve(name)), "x"))
                    .isInstanceOf(FileSystemException.class)
                    .hasMessageContaining("Read-only");
        }
        Files.writeString(root.resolve("secret/file"), "written from here");
    }

    @Test
    void what_is_mounted_below_a_read_only_path_is_read_only_too() throws Exception {
        Slot below = new Slot(3, "below");
        Files.createDirectory(root.resolve("secret/below"));
        executor.run(
                new MountOp.FsMount(below, "tmpfs", "", List.of(), 0, 0),
                new MountOp.MoveMount(below, ROOT, "secret/below"),
                readonly("/secret"));
        assertThatThrownBy(() -> Files.createFile(seen(root.resolve("secret/below/new"))))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("Read-only");
    }

    @Test
    void what_is_not_there_needs_no_hiding() throws Exception {
        Files.createFile(root.resolve("file"));
        Files.createSymbolicLink(root.resolve("dangling"), Path.of("/missing"));
        executor.run(mask("/missing"), mask("/file/below"), mask("/dangling"));
        executor.run(readonly("/missing"), readonly("/file/below"), readonly("/dangling"));
        assertThat(mounts()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"../secret", "/secret", "../../secret", "../root/../secret"})
    void a_link_or_a_climbing_path_leads_only_to_places_inside_the_root(String way) throws Exception {
        Files.createSymbolicLink(root.resolve("link"), Path.of(way));
        boolean inside = !way.contains("root");
        executor.run(mask("/link"), mask(way));
        assertThat(seen(outside.resolve("file"))).hasContent("text");
        assertThat(Files.exists(seen(root.resolve("secret/file")))).isEqualTo(!inside);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../secret", "/secret"})
    void nothing_outside_the_root_becomes_read_only(String way) throws Exception {
        Files.createSymbolicLink(root.resolve("link"), Path.of(way));
        executor.run(readonly("/link"), readonly(way));
        Files.writeString(seen(outside.resolve("file")), "written");
        assertThatThrownBy(() -> Files.writeString(seen(root.resolve("secret/file")), "x"))
                .isInstanceOf(FileSystemException.class);
    }

    @Test
    @Fails({MaskPath.class, ReadonlyPath.class})
    void a_circle_of_links_and_a_missing_cover_are_failures() throws Exception {
        Files.createSymbolicLink(root.resolve("loop"), Path.of("loop"));
        assertThat(executor.failure(mask("/loop"))).isEqualTo("openat2 /loop: ELOOP");
        assertThat(executor.failure(readonly("/loop"))).isEqualTo("openat2 /loop: ELOOP");
        assertThat(executor.failure(new MaskPath(ROOT, "/secret", NOTHING, NULL)))
                .isEqualTo("slot an empty slot: EBADF");
        assertThat(executor.failure(new MaskPath(ROOT, "/secret/file", EMPTY_DIRECTORY, NOTHING)))
                .isEqualTo("slot an empty slot: EBADF");
        assertThat(mounts()).isZero();
    }
}
