// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.linux.Machine;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class IpcUsageTest {
    private static final SysvPermissions PERMISSIONS = new SysvPermissions(0, 0, 0600, 0, 0, 0, 0);

    @Test
    void objects_are_counted_against_the_limit_on_them() {
        long page = Machine.pageSize();
        IpcSnapshot snapshot = new IpcSnapshot(
                List.of(new SysvQueue(PERMISSIONS, 1, 1, 0, 0, 0, 0, 0)),
                List.of(set(3), set(4)),
                List.of(segment(1), segment(page), segment(page + 1)),
                List.of(new PosixQueue("q", 0600, 0, 0, null)),
                limits("1", "100 7 50 3"));
        assertThat(snapshot.usage())
                .containsExactly(
                        new IpcUsage("kernel.msgmni", "System V message queues", 1, 1),
                        new IpcUsage("kernel.sem", "semaphore sets", 2, 3),
                        new IpcUsage("kernel.sem", "semaphores", 7, 7),
                        new IpcUsage("kernel.shmmni", "shared memory segments", 3, 4096),
                        new IpcUsage("kernel.shmall", "pages of shared memory", 4, 0xfffffffffeffffffL),
                        new IpcUsage("fs.mqueue.queues_max", "POSIX message queues", 1, 0xffffffffL));
        assertThat(snapshot.usage())
                .extracting(IpcUsage::isReached)
                .containsExactly(true, false, true, false, false, false);
        assertThat(snapshot.usage().get(4))
                .hasToString("kernel.shmall: 4 of 18446744073692774399 pages of shared memory");
    }

    @Test
    void a_negative_limit_on_semaphores_leaves_room_for_none() {
        IpcSnapshot snapshot =
                new IpcSnapshot(List.of(), List.of(), List.of(), List.of(), limits("32000", "-1 -1 -1 0"));
        assertThat(snapshot.usage().subList(1, 3))
                .containsExactly(
                        new IpcUsage("kernel.sem", "semaphore sets", 0, 0),
                        new IpcUsage("kernel.sem", "semaphores", 0, 0))
                .allMatch(IpcUsage::isReached);
    }

    @Test
    void a_limit_that_the_kernel_lacks_is_missing() {
        IpcLimits none = new IpcLimits(Map.of());
        assertThat(new IpcSnapshot(List.of(), List.of(), List.of(), List.of(), none).usage())
                .isEmpty();
    }

    private static SysvSemaphoreSet set(long semaphores) {
        return new SysvSemaphoreSet(PERMISSIONS, semaphores, 0, 0);
    }

    private static SysvSharedMemory segment(long size) {
        return new SysvSharedMemory(PERMISSIONS, size, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    private static IpcLimits limits(String msgmni, String sem) {
        return new IpcLimits(Map.of(
                "kernel.msgmni", msgmni,
                "kernel.sem", sem,
                "kernel.shmmni", "4096",
                "kernel.shmall", "18446744073692774399",
                "fs.mqueue.queues_max", "-1"));
    }
}
