// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.NamespaceId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What needs no privilege. */
class IpcNamespaceTest {
    @TempDir
    private Path directory;

    @Test
    void the_current_namespace_is_that_of_the_proc_file() throws Exception {
        try (IpcNamespace current = IpcNamespace.current()) {
            Path file = Path.of("/proc/self/ns/ipc");
            long dev = ((Number) Files.getAttribute(file, "unix:dev")).longValue();
            long ino = ((Number) Files.getAttribute(file, "unix:ino")).longValue();
            assertThat(current.id()).isEqualTo(new NamespaceId(dev, ino));
            assertThat(current.isCurrent()).isTrue();
            assertThat(current).hasToString("ipc:[" + ino + "]");
            assertThat(Files.readSymbolicLink(file)).hasToString(current.toString());
        }
    }

    @Test
    void a_namespace_of_another_kind_is_refused_by_its_name() {
        for (String kind : new String[] {"net", "uts", "mnt", "pid", "user", "cgroup", "time"}) {
            Path file = Path.of("/proc/self/ns/" + kind);
            assertThatThrownBy(() -> IpcNamespace.open(file))
                    .isInstanceOf(IpcException.class)
                    .hasMessage(file + " is a " + kind + " namespace, not ipc");
        }
    }

    @Test
    void a_file_that_is_no_namespace_is_refused() throws Exception {
        for (Path file : new Path[] {Path.of("/etc/hostname"), directory, Path.of("/dev/null")}) {
            assertThatThrownBy(() -> IpcNamespace.open(file))
                    .isInstanceOf(IpcException.class)
                    .hasMessage(file + " is no namespace file");
        }
    }

    @Test
    void a_pipe_is_refused_without_waiting_for_its_other_end() throws Exception {
        Path pipe = directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        assertThatThrownBy(() -> IpcNamespace.open(pipe)).hasMessage(pipe + " is no namespace file");
    }

    @Test
    void a_missing_file_is_told() {
        assertThatThrownBy(() -> IpcNamespace.open(Path.of("/run/none")))
                .isInstanceOf(IOException.class)
                .hasMessage("open /run/none: ENOENT (no such file or directory)");
    }

    @Test
    void a_process_that_is_gone_is_told() throws Exception {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        assertThatThrownBy(() -> IpcNamespace.ofPid(process.pid())).hasMessage("no process " + process.pid());
    }

    @Test
    void unpinning_what_is_no_pin_leaves_it_alone() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "mine");
        assertThatThrownBy(() -> IpcNamespace.unpin(file)).hasMessage(file + " is no namespace file");
        assertThat(file).hasContent("mine");
        IpcNamespace.unpin(directory.resolve("missing"));
    }

    @Test
    void limits_are_read_whole() throws Exception {
        IpcLimits limits = IpcLimits.read(Path.of("/proc/sys"));
        String sem = new String(
                new ProcessBuilder("cat", "/proc/sys/kernel/sem")
                        .start()
                        .getInputStream()
                        .readAllBytes(),
                java.nio.charset.StandardCharsets.US_ASCII);
        assertThat(limits.values().get("kernel.sem")).isEqualTo(sem.trim().replace('\t', ' '));
        assertThat(limits.semaphoreSets()).hasValue(Long.parseLong(sem.trim().split("\t", -1)[3]));
        assertThat(limits.number("kernel.shmmax")).isNotEmpty();
        assertThat(limits.number("kernel.none")).isEmpty();
        assertThat(limits.values()).containsKeys("kernel.msgmax", "fs.mqueue.msg_max", "kernel.shm_next_id");
    }
}
