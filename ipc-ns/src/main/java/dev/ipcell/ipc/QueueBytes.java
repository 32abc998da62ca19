// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import java.util.List;
import java.util.Map;

/** What POSIX message queues count against {@code RLIMIT_MSGQUEUE} (ipc/mqueue.c, mqueue_get_inode; getrlimit(2)). */
public final class QueueBytes {
    private static final String COUNT = "fs.mqueue.msg_max";
    private static final String SIZE = "fs.mqueue.msgsize_max";

    // What a new IPC namespace begins with (include/linux/ipc_namespace.h).
    private static final long NEW_COUNT = 10;
    private static final long NEW_SIZE = 8192;

    // struct msg_msg and struct posix_msg_tree_node on the 64-bit architectures; MQ_PRIO_MAX of <linux/limits.h>.
    private static final long MESSAGE = 48;
    private static final long PRIORITY = 48;
    private static final long PRIORITIES = 32768;

    private QueueBytes() {}

    /** The bytes of one queue, from the moment that it is made; more than a long holds is its greatest value. */
    public static long of(long messages, long size) {
        long overhead = messages * MESSAGE + Math.min(messages, PRIORITIES) * PRIORITY;
        long high = Math.multiplyHigh(messages, size);
        long data = messages * size;
        return high != 0 || data < 0 || data + overhead < 0 ? Long.MAX_VALUE : data + overhead;
    }

    /** The bytes of the largest queue that an unprivileged process may make in a new namespace with these parameters. */
    public static long largest(Map<String, String> sysctls) {
        return of(number(sysctls, COUNT, NEW_COUNT), number(sysctls, SIZE, NEW_SIZE));
    }

    /** The limit on a queue's number of messages and on their size, for people. */
    public static String limits(Map<String, String> sysctls) {
        return COUNT + " (" + number(sysctls, COUNT, NEW_COUNT) + ") and " + SIZE + " ("
                + number(sysctls, SIZE, NEW_SIZE) + ")";
    }

    private static long number(Map<String, String> sysctls, String key, long otherwise) {
        for (Map.Entry<String, String> entry : sysctls.entrySet()) {
            if (entry.getKey().replace('/', '.').equals(key)) {
                List<String> words = KernelNumber.words(entry.getValue());
                // One that the kernel would not take is refused elsewhere.
                return words.size() == 1 && KernelNumber.outside(words.getFirst(), 1, Integer.MAX_VALUE) == null
                        ? KernelNumber.saturated(words.getFirst())
                        : otherwise;
            }
        }
        return otherwise;
    }
}
