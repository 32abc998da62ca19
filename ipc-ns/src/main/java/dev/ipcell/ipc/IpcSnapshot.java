// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import java.util.List;

/**
 * What was in an IPC namespace at one moment; the parts are read one after the other.
 *
 * @param queues System V message queues
 * @param semaphoreSets System V semaphore sets
 * @param sharedMemory System V shared memory segments
 * @param messageQueues POSIX message queues
 * @param limits the namespace's kernel parameters
 */
public record IpcSnapshot(
        List<SysvQueue> queues,
        List<SysvSemaphoreSet> semaphoreSets,
        List<SysvSharedMemory> sharedMemory,
        List<PosixQueue> messageQueues,
        IpcLimits limits) {

    /** Keeps copies. */
    public IpcSnapshot {
        queues = List.copyOf(queues);
        semaphoreSets = List.copyOf(semaphoreSets);
        sharedMemory = List.copyOf(sharedMemory);
        messageQueues = List.copyOf(messageQueues);
    }

    /** True if there is no object at all. */
    public boolean isEmpty() {
        return queues.isEmpty() && semaphoreSets.isEmpty() && sharedMemory.isEmpty() && messageQueues.isEmpty();
    }
}
