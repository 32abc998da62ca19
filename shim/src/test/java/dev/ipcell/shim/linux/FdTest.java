// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.NamespaceId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FdTest {
    @TempDir
    private Path directory;

    @Test
    void a_failed_call_tells_its_name_and_errno() {
        assertThatThrownBy(() -> Descriptors.close(-1))
                .isInstanceOf(SyscallException.class)
                .hasMessage("close -1: EBADF (bad file descriptor)")
                .satisfies(e -> assertThat(((SyscallException) e).errno()).isEqualTo(Errno.EBADF));
        assertThatThrownBy(() -> Fd.open(Path.of("/no/such"), Fd.O_RDONLY))
                .hasMessage("open /no/such: ENOENT (no such file or directory)");
    }

    @Test
    void errno_is_that_of_the_call_in_its_own_thread() throws Exception {
        List<Thread> threads = List.of(errors("/no/such", Errno.ENOENT), errors("/etc/passwd/x", Errno.ENOTDIR));
        for (Thread thread : threads) {
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(wrong).isZero();
    }

    private volatile int wrong;

    private Thread errors(String path, int errno) {
        return new Thread(() -> {
            for (int i = 0; i < 2000; i++) {
                try {
                    Fd.open(Path.of(path), Fd.O_RDONLY).close();
                    wrong = 1;
                } catch (IOException e) {
                    if (!(e instanceof SyscallException failed) || failed.errno() != errno) {
                        wrong = 1;
                    }
                }
            }
        });
    }

    @Test
    void device_and_inode_are_those_of_stat() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        for (Path path : List.of(file, Path.of("/proc/self/ns/ipc"), Path.of("/dev/null"), Path.of("/"))) {
            try (Fd fd = Fd.open(path, Fd.O_PATH)) {
                long dev = ((Number) Files.getAttribute(path, "unix:dev")).longValue();
                long ino = ((Number) Files.getAttribute(path, "unix:ino")).longValue();
                assertThat(fd.id()).isEqualTo(new NamespaceId(dev, ino));
            }
        }
        assertThat(Descriptors.device(0x12345678, 0x9abcdef0)).isEqualTo(0x123459abcde678f0L);
    }

    @Test
    void the_magic_number_tells_the_file_system() throws Exception {
        try (Fd proc = Fd.open(Path.of("/proc"), Fd.O_PATH)) {
            assertThat(Descriptors.fileSystemMagic(proc.number(), "")).isEqualTo(0x9fa0);
        }
    }

    @Test
    void what_is_written_into_a_pipe_is_read_from_it() throws Exception {
        byte[] data = new byte[200_000];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (i * 31);
        }
        List<Fd> pipe = Sockets.pipe();
        Thread writer = new Thread(() -> {
            try (var out = pipe.get(1).out()) {
                out.write(data);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        writer.start();
        try (var in = pipe.get(0).in()) {
            assertThat(Arrays.equals(in.readAllBytes(), data)).isTrue();
            assertThat(in.read()).isEqualTo(-1);
        }
        writer.join();
    }

    @Test
    void a_socket_whose_peer_is_gone_is_an_error_and_no_signal() throws Exception {
        List<Fd> pair = Sockets.pair();
        pair.get(1).close();
        try (var out = pair.get(0).socketOut()) {
            assertThatThrownBy(() -> out.write(1)).hasMessage("send socket: EPIPE (broken pipe)");
        }
    }

    @Test
    void closing_twice_does_not_close_a_stranger_s_descriptor() throws Exception {
        Fd first = Fd.open(Path.of("/dev/null"), Fd.O_RDONLY);
        int number = first.number();
        first.close();
        try (Fd second = Fd.open(Path.of("/dev/null"), Fd.O_RDONLY)) {
            first.close();
            assertThat(second.number()).isEqualTo(number);
            assertThat(second.id().ino()).isPositive();
        }
        assertThat(first.isClosed()).isTrue();
        assertThatThrownBy(first::number).hasMessage("/dev/null: closed");
    }

    @Test
    void every_descriptor_is_close_on_exec() throws Exception {
        List<Fd> pair = Sockets.pair();
        List<Fd> pipe = Sockets.pipe();
        for (Fd fd : List.of(pair.get(0), pair.get(1), pipe.get(0), pipe.get(1), Fd.open(Path.of("/"), Fd.O_PATH))) {
            String info = Files.readString(Path.of("/proc/self/fdinfo/" + fd.number()), StandardCharsets.UTF_8);
            int flags = Integer.parseInt(info.replaceAll("(?s).*flags:\\s*([0-7]+).*", "$1"), 8);
            assertThat(flags & Descriptors.O_CLOEXEC).as(info).isNotZero();
            fd.close();
        }
    }
}
