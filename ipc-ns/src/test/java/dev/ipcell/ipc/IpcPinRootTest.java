// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.linux.Fd;
import dev.ipcell.shim.linux.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A pin is made and removed where its path says, and nowhere else. */
@Tag("root")
@Timeout(60)
class IpcPinRootTest {
    @TempDir
    private Path directory;

    private String mountsBefore = "";

    @BeforeEach
    void look_at_the_mounts() throws Exception {
        mountsBefore = mounts();
    }

    @AfterEach
    void no_mount_is_left() throws Exception {
        assertThat(mounts()).isEqualTo(mountsBefore);
    }

    @Test
    void a_pin_is_not_made_where_a_symbolic_link_leads() throws Exception {
        Path victim = Files.createFile(directory.resolve("victim"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), victim);
        Path dangling = Files.createSymbolicLink(directory.resolve("dangling"), directory.resolve("none"));
        try (IpcNamespace namespace = IpcNamespace.create()) {
            for (Path path : new Path[] {link, dangling}) {
                assertThatThrownBy(() -> namespace.pin(path))
                        .isInstanceOf(IpcException.class)
                        .hasMessage(path + " is a symbolic link");
                assertThat(path).isSymbolicLink();
            }
        } finally {
            unpinQuietly(victim);
        }
        assertThat(directory.resolve("none")).doesNotExist();
        assertThat(victim).isEmptyFile();
    }

    @Test
    void a_pin_is_not_removed_through_a_symbolic_link() throws Exception {
        Path pin = directory.resolve("pin");
        Path link = directory.resolve("link");
        try (IpcNamespace namespace = IpcNamespace.create()) {
            namespace.pin(pin);
            Files.createSymbolicLink(link, pin);
            assertThatThrownBy(() -> IpcNamespace.unpin(link)).hasMessage(link + " is a symbolic link");
            assertThat(link).isSymbolicLink();
            try (IpcNamespace still = IpcNamespace.open(pin)) {
                assertThat(still.id()).isEqualTo(namespace.id());
            }
        } finally {
            unpinQuietly(pin);
        }
    }

    @Test
    void a_dangling_link_is_no_pin_that_is_gone() throws Exception {
        Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("none"));
        assertThatThrownBy(() -> IpcNamespace.unpin(link)).hasMessage(link + " is a symbolic link");
        assertThat(Files.exists(link, LinkOption.NOFOLLOW_LINKS)).isTrue();
        Path proc = Path.of("/proc/self/ns/ipc");
        assertThatThrownBy(() -> IpcNamespace.unpin(proc)).hasMessage(proc + " is a symbolic link");
    }

    @Test
    void a_pin_of_another_kind_of_namespace_is_left_alone() throws Exception {
        Path file = Files.createFile(directory.resolve("net"));
        try (Fd net = Fd.open(Path.of("/proc/self/ns/net"), Fd.O_RDONLY);
                Fd place = Fd.open(file, Fd.O_PATH)) {
            Mounts.bind(net, place);
        }
        try (Fd root = Fd.open(file, Fd.O_PATH)) {
            assertThatThrownBy(() -> IpcNamespace.unpin(file)).hasMessage(file + " is a net namespace, not ipc");
            try (IpcNamespace namespace = IpcNamespace.create()) {
                assertThatThrownBy(() -> namespace.pin(file)).hasMessage(file + " is a pin already");
            }
            Mounts.unmount(root, Mounts.MNT_DETACH);
        }
    }

    @Test
    void a_pipe_or_a_device_is_no_place_for_a_pin() throws Exception {
        Path pipe = directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        try (IpcNamespace namespace = IpcNamespace.create()) {
            for (Path file : new Path[] {pipe, Path.of("/dev/null")}) {
                assertThatThrownBy(() -> namespace.pin(file)).hasMessage(file + " is there, and is no empty file");
            }
        }
        assertThat(pipe).exists();
    }

    @Test
    void content_under_a_pin_that_others_made_is_not_removed() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "mine");
        try (IpcNamespace namespace = IpcNamespace.create()) {
            Path empty = directory.resolve("empty");
            namespace.pin(empty);
            try (Fd pinned = Fd.open(empty, Fd.O_RDONLY);
                    Fd place = Fd.open(file, Fd.O_PATH)) {
                Mounts.bind(pinned, place);
            }
            IpcNamespace.unpin(empty);
            assertThat(empty).doesNotExist();
        }
        IpcNamespace.unpin(file);
        assertThat(file).hasContent("mine");
    }

    @Test
    void a_pin_that_cannot_be_made_leaves_no_file() throws Exception {
        Path file = directory.resolve("file");
        IpcNamespace closed = IpcNamespace.create();
        closed.close();
        assertThatThrownBy(() -> closed.pin(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("closed");
        assertThat(file).doesNotExist();
    }

    private static void unpinQuietly(Path file) throws IOException {
        try (Fd place = Fd.open(file, Fd.O_PATH)) {
            if (dev.ipcell.shim.linux.Namespaces.isNamespace(place)) {
                Mounts.unmount(place, Mounts.MNT_DETACH);
            }
        }
    }

    private static String mounts() throws IOException {
        return ProcFile.read(Path.of("/proc/self/mountinfo"))
                .lines()
                .filter(line -> line.contains("nsfs"))
                .sorted()
                .toList()
                .toString();
    }
}
