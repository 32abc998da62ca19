// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.linux.MessageQueues;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SysvTableTest {
    private static final Path FILE = Path.of("/proc/sysvipc/x");

    @Test
    void a_message_queue_has_all_columns() throws IOException {
        String text = """
                   key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime
            -995963941          7   640         123          4    51    52  1001  1002  1003  1004 1795484341 1795484342 1795484343
            """;
        assertThat(SysvTable.parse(text, FILE, SysvQueue::of))
                .containsExactly(new SysvQueue(
                        new SysvPermissions(-995963941, 7, 0640, 1001, 1002, 1003, 1004),
                        123,
                        4,
                        51,
                        52,
                        1795484341L,
                        1795484342L,
                        1795484343L));
    }

    @Test
    void a_semaphore_set_has_all_columns() throws IOException {
        String text = """
                   key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime
                     0          3  1600         17  4294967294     2     3     4          0 1795484343
                     9          4   666          1     0     0     0     0          5          6
            """;
        assertThat(SysvTable.parse(text, FILE, SysvSemaphoreSet::of))
                .containsExactly(
                        new SysvSemaphoreSet(
                                new SysvPermissions(0, 3, 01600, 4294967294L, 2, 3, 4), 17, 0, 1795484343L),
                        new SysvSemaphoreSet(new SysvPermissions(9, 4, 0666, 0, 0, 0, 0), 1, 5, 6));
    }

    @Test
    void a_shared_memory_segment_has_all_columns() throws IOException {
        String text = """
                   key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap
                   255          5  3644  18446744073709551615    11    12     13    14    15    16    17         18         19         20                  4096                  8192
            """;
        SysvSharedMemory segment =
                SysvTable.parse(text, FILE, SysvSharedMemory::of).getFirst();
        assertThat(segment)
                .isEqualTo(new SysvSharedMemory(
                        new SysvPermissions(255, 5, 03644, 14, 15, 16, 17), -1, 11, 12, 13, 18, 19, 20, 4096, 8192));
        assertThat(segment.dying()).isTrue();
        assertThat(segment.locked()).isTrue();
    }

    @Test
    void a_column_that_an_older_kernel_lacks_is_zero() throws IOException {
        String text = """
                key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime
                1 2 600 3 4 5 6 7 8 9 10 11 12 13
                """;
        SysvSharedMemory segment =
                SysvTable.parse(text, FILE, SysvSharedMemory::of).getFirst();
        assertThat(segment.resident()).isZero();
        assertThat(segment.swapped()).isZero();
        assertThat(segment.changed()).isEqualTo(13);
        assertThat(segment.dying()).isFalse();
        assertThat(segment.locked()).isFalse();
    }

    @Test
    void no_objects_are_an_empty_list() throws IOException {
        assertThat(SysvTable.parse("key semid perms\n", FILE, SysvSemaphoreSet::of))
                .isEmpty();
        assertThat(SysvTable.parse("", FILE, SysvSemaphoreSet::of)).isEmpty();
        assertThat(SysvTable.read(Path.of("/proc/sysvipc/none"), SysvSemaphoreSet::of))
                .isEmpty();
    }

    @Test
    void a_line_that_does_not_fit_is_an_error() {
        assertThatThrownBy(() -> SysvTable.parse("key semid\n1 2 3\n", FILE, SysvSemaphoreSet::of))
                .hasMessage("/proc/sysvipc/x: 3 values under 2 names: 1 2 3");
        assertThatThrownBy(() -> SysvTable.parse("key semid\n1 x\n", FILE, SysvSemaphoreSet::of))
                .hasMessage("/proc/sysvipc/x: not a number in: 1 x");
    }

    @Test
    void a_posix_queue_is_read_from_its_file() throws IOException {
        MessageQueues.Attributes attributes = new MessageQueues.Attributes(10, 8192, 3);
        assertThat(PosixQueue.Content.parse(
                        "jobs", attributes, "QSIZE:129        NOTIFY:2     SIGNO:10    NOTIFY_PID:8260  \n"))
                .isEqualTo(new PosixQueue.Content(10, 8192, 3, 129, 2, 10, 8260));
        assertThatThrownBy(() -> PosixQueue.Content.parse("jobs", attributes, "QSIZE:1 NOTIFY_PID:0"))
                .hasMessage("message queue jobs: not understood: QSIZE:1 NOTIFY_PID:0");
    }
}
