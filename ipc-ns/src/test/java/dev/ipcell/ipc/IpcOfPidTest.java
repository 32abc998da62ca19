// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.linux.Fd;
import dev.ipcell.shim.linux.Processes;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A number leads to the process that has it, or to none. Looking at oneself needs no privilege. */
class IpcOfPidTest {
    private static final long SELF = ProcessHandle.current().pid();

    @ParameterizedTest
    @ValueSource(longs = {0, -1, 1L << 31, Long.MAX_VALUE})
    void a_number_that_no_process_can_have_is_refused(long pid) {
        assertThatThrownBy(() -> IpcNamespace.ofPid(pid))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(pid + " is no process id");
    }

    @Test
    void a_number_whose_lower_half_is_a_process_is_refused() {
        long pid = (1L << 32) + SELF;
        assertThatThrownBy(() -> IpcNamespace.ofPid(pid)).hasMessage(pid + " is no process id");
    }

    @Test
    void a_thread_is_no_process() throws Exception {
        try (var tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path task : tasks) {
                long thread = Long.parseLong(String.valueOf(task.getFileName()));
                if (thread != SELF) {
                    assertThatThrownBy(() -> IpcNamespace.ofPid(thread))
                            .hasMessage(thread + " is a thread, and no process");
                    return;
                }
            }
        }
        throw new AssertionError("the JVM has one thread only");
    }

    @Test
    void an_older_kernel_s_way_leads_to_the_same_namespace() throws Exception {
        try (Fd process = Processes.pidfd(SELF);
                IpcNamespace byFile = IpcNamespace.ofProcFile(process, SELF);
                IpcNamespace byDescriptor = IpcNamespace.ofPid(SELF)) {
            assertThat(byFile.id()).isEqualTo(byDescriptor.id());
        }
    }

    @Test
    void on_that_way_a_number_that_has_gone_to_another_process_is_noticed() throws Exception {
        Process gone = new ProcessBuilder("sleep", "60").start();
        try (Fd process = Processes.pidfd(gone.pid())) {
            gone.destroyForcibly().waitFor();
            assertThatThrownBy(() -> IpcNamespace.ofProcFile(process, SELF)) // as if we had got its number
                    .hasMessage("no process " + SELF);
        }
    }
}
