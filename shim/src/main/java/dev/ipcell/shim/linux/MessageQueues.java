// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** POSIX message queues: mq_getattr(3). A queue's descriptor is that of its file in an mqueue file system. */
public final class MessageQueues {
    // struct mq_attr: long mq_flags, mq_maxmsg, mq_msgsize, mq_curmsgs, and four that are reserved.
    private static final int ATTRIBUTES_SIZE = 8 * Long.BYTES;

    // int mq_getattr(mqd_t queue, struct mq_attr *attributes); mqd_t is an int
    private static final MethodHandle MQ_GETATTR = Native.function("mq_getattr");

    private MessageQueues() {}

    /**
     * What a queue holds, and at most can hold.
     *
     * @param maxMessages how many messages fit ({@code mq_maxmsg})
     * @param messageSize bytes that fit into a message ({@code mq_msgsize})
     * @param messages how many there are now ({@code mq_curmsgs})
     */
    public record Attributes(long maxMessages, long messageSize, long messages) {}

    /** The attributes of an open queue. */
    public static Attributes attributes(Fd queue) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(ATTRIBUTES_SIZE, Long.BYTES);
            Native.call(MQ_GETATTR, "mq_getattr", queue, queue.number(), attributes.address());
            return new Attributes(
                    attributes.getAtIndex(JAVA_LONG, 1),
                    attributes.getAtIndex(JAVA_LONG, 2),
                    attributes.getAtIndex(JAVA_LONG, 3));
        }
    }
}
