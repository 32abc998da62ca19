// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.MountOp.CopyTree;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Copying what a mount covers. */
class CopyTreeOpTest {
    private static final int O_PATH_DIRECTORY = 0x210000;
    private static final Slot FROM = new Slot(0, "from");
    private static final Slot TO = new Slot(1, "to");

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private static DescriptorOp.OpenFd open(Slot slot, Path path) {
        return new DescriptorOp.OpenFd(slot, Slot.CWD, path.toString(), O_PATH_DIRECTORY, 0, 0);
    }

    @Test
    @Shows(CopyTree.class)
    void copy_tree_copies_files_links_and_directories_as_they_are() throws Exception {
        Path from = Files.createDirectory(directory.resolve("from"));
        Path to = Files.createDirectory(directory.resolve("to"));
        Files.createDirectories(from.resolve("a/b"));
        Files.writeString(from.resolve("a/b/file"), "content");
        Files.setPosixFilePermissions(from.resolve("a/b/file"), PosixFilePermissions.fromString("r-xr-----"));
        Files.createSymbolicLink(from.resolve("a/link"), Path.of("b/file"));
        Files.setLastModifiedTime(from.resolve("a"), FileTime.fromMillis(1000));
        executor.run(open(FROM, from), open(TO, to), new CopyTree(FROM, TO));
        assertThat(to.resolve("a/b/file")).hasContent("content");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(to.resolve("a/b/file"))))
                .isEqualTo("r-xr-----");
        assertThat(Files.readSymbolicLink(to.resolve("a/link"))).isEqualTo(Path.of("b/file"));
        assertThat(Files.getLastModifiedTime(to.resolve("a")).toMillis()).isEqualTo(1000);
    }

    @Test
    @Fails(CopyTree.class)
    void copy_tree_overwrites_nothing() throws Exception {
        Path from = Files.createDirectory(directory.resolve("from"));
        Path to = Files.createDirectory(directory.resolve("to"));
        Files.writeString(from.resolve("file"), "new");
        Files.writeString(to.resolve("file"), "old");
        executor.run(open(FROM, from), open(TO, to));
        assertThat(executor.failure(new CopyTree(FROM, TO))).isEqualTo("openat file: EEXIST");
        assertThat(to.resolve("file")).hasContent("old");
    }
}
