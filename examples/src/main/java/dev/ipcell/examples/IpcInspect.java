// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.examples;

import dev.ipcell.ipc.IpcNamespace;
import dev.ipcell.ipc.IpcSnapshot;
import java.io.IOException;

/** Lists the IPC objects of a process's namespace, from a plain JVM thread: no helper process, and no {@code ipcs} in there. */
public final class IpcInspect {
    private IpcInspect() {}

    /**
     * Prints a snapshot.
     *
     * @param args the process ID; without one, the objects of a namespace made for the occasion, which has none
     * @throws IOException if there is no such process, or this program may not look
     */
    public static void main(String[] args) throws IOException {
        try (IpcNamespace namespace =
                args.length == 0 ? IpcNamespace.create() : IpcNamespace.ofPid(Long.parseLong(args[0]))) {
            IpcSnapshot snapshot = namespace.snapshot();
            System.out.println(namespace);
            snapshot.queues().forEach(queue -> System.out.println("  System V queue        " + queue));
            snapshot.semaphoreSets().forEach(set -> System.out.println("  semaphore set         " + set));
            snapshot.sharedMemory().forEach(segment -> System.out.println("  shared memory         " + segment));
            snapshot.messageQueues().forEach(queue -> System.out.println("  POSIX queue           " + queue));
            snapshot.usage().forEach(usage -> System.out.println("  limit                 " + usage));
        }
    }
}
