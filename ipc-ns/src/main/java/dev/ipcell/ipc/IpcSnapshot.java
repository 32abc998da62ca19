// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import dev.ipcell.shim.linux.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * What was in an IPC namespace at one moment; the parts are read one after the other. Users and groups are as the
 * reader's user namespace has them: 65534 stands for all that it has not. Process ids are those of the pid namespace
 * for which {@code /proc} was mounted: 0 stands for processes outside of it.
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

    /**
     * The limits on the number of objects, and how much of each is used; one that this kernel lacks is missing. A POSIX
     * queue that is unlinked but open still counts for the kernel, and is in no list.
     */
    public List<IpcUsage> usage() {
        List<IpcUsage> usage = new ArrayList<>();
        long semaphores = 0;
        for (SysvSemaphoreSet set : semaphoreSets) {
            semaphores += set.semaphores();
        }
        long pages = 0;
        for (SysvSharedMemory segment : sharedMemory) {
            pages += segment.pages(Machine.pageSize());
        }
        add(usage, "kernel.msgmni", "System V message queues", queues.size(), limits.number("kernel.msgmni"));
        add(usage, "kernel.sem", "semaphore sets", semaphoreSets.size(), atLeastZero(limits.semaphoreSets()));
        add(usage, "kernel.sem", "semaphores", semaphores, atLeastZero(limits.semaphores()));
        add(usage, "kernel.shmmni", "shared memory segments", sharedMemory.size(), limits.number("kernel.shmmni"));
        add(usage, "kernel.shmall", "pages of shared memory", pages, limits.number("kernel.shmall"));
        add(usage, "fs.mqueue.queues_max", "POSIX message queues", messageQueues.size(), queuesMax());
        return List.copyOf(usage);
    }

    private static void add(List<IpcUsage> usage, String parameter, String unit, long used, OptionalLong limit) {
        if (limit.isPresent()) {
            usage.add(new IpcUsage(parameter, unit, used, limit.getAsLong()));
        }
    }

    private static OptionalLong atLeastZero(OptionalLong limit) {
        return limit.isPresent() ? OptionalLong.of(Math.max(limit.getAsLong(), 0)) : limit;
    }

    /** It is written and read as a signed number, and compared as an unsigned one. */
    private OptionalLong queuesMax() {
        OptionalLong limit = limits.number("fs.mqueue.queues_max");
        return limit.isPresent() ? OptionalLong.of(limit.getAsLong() & 0xffffffffL) : limit;
    }

    /** True if there is no object at all. */
    public boolean isEmpty() {
        return queues.isEmpty() && semaphoreSets.isEmpty() && sharedMemory.isEmpty() && messageQueues.isEmpty();
    }
}
