// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A socket that takes what callers hand over. */
class UnixListenerTest {
    @TempDir
    Path temporary;

    private UnixListener listener;

    @BeforeEach
    void listen() throws IOException {
        listener = UnixListener.bind(temporary.resolve("s"), 1);
        listener.patience(5000);
    }

    @AfterEach
    void close() throws IOException {
        listener.close();
    }

    /** A caller that sends some bytes, and along with them what Python calls {@code sent}: descriptors. */
    private Fd caller(String sent) throws IOException, InterruptedException {
        Process caller = new ProcessBuilder(
                        "python3",
                        "-c",
                        """
                        import os, socket, sys
                        s = socket.socket(socket.AF_UNIX)
                        s.connect(sys.argv[1])
                        file = os.open(sys.argv[2], os.O_RDONLY)
                        socket.send_fds(s, [b"text"], %s)
                        """.formatted(sent),
                        temporary.resolve("s").toString(),
                        temporary.resolve("file").toString())
                .inheritIO()
                .start();
        Fd connection = Objects.requireNonNull(listener.accept());
        assertThat(caller.waitFor()).isZero();
        UnixListener.timeout(connection, 5000);
        return connection;
    }

    @Test
    void a_descriptor_that_came_along_is_the_sender_s_file() throws IOException, InterruptedException {
        Files.writeString(temporary.resolve("file"), "read me");
        try (Fd connection = caller("[file]");
                Fd received = Objects.requireNonNull(UnixListener.receive(connection, "a file"))) {
            assertThat(received.in().readAllBytes()).isEqualTo("read me".getBytes(UTF_8));
            String flags = Files.readString(Path.of("/proc/self/fdinfo/" + received.number()));
            assertThat(flags).as("close-on-exec (proc_pid_fdinfo(5))").containsPattern("flags:\\s+02[0-9]{6}\n");
        }
    }

    @Test
    void without_one_there_is_none() throws IOException, InterruptedException {
        Files.writeString(temporary.resolve("file"), "");
        try (Fd connection = caller("[]")) {
            assertThat(UnixListener.receive(connection, "a file")).isNull();
        }
    }

    @Test
    void of_more_than_one_the_kernel_keeps_back_what_there_is_no_room_for() throws IOException, InterruptedException {
        Files.writeString(temporary.resolve("file"), "read me");
        try (Fd connection = caller("[file] * 20")) {
            int before =
                    Objects.requireNonNull(Path.of("/proc/self/fd").toFile().list()).length;
            Fd received = Objects.requireNonNull(UnixListener.receive(connection, "a file"));
            int open = Objects.requireNonNull(Path.of("/proc/self/fd").toFile().list()).length;
            received.close();
            assertThat(open - before).as("descriptors more").isEqualTo(1);
        }
    }

    @Test
    void who_sends_nothing_is_waited_for_no_longer_than_was_said() throws IOException, InterruptedException {
        Process caller =
                new ProcessBuilder("python3", "-c", """
                        import socket, sys
                        s = socket.socket(socket.AF_UNIX)
                        s.connect(sys.argv[1])
                        sys.stdin.read()
                        """, temporary.resolve("s").toString()).start();
        try (Fd connection = Objects.requireNonNull(listener.accept())) {
            UnixListener.timeout(connection, 50);
            assertThatThrownBy(() -> UnixListener.receive(connection, "a file"))
                    .isInstanceOfSatisfying(
                            SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EAGAIN));
        } finally {
            caller.destroy();
            caller.waitFor();
        }
    }
}
