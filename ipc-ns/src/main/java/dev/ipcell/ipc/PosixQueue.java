// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import dev.ipcell.shim.linux.Directory;
import dev.ipcell.shim.linux.Errno;
import dev.ipcell.shim.linux.Fd;
import dev.ipcell.shim.linux.MessageQueues;
import dev.ipcell.shim.linux.SyscallException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A POSIX message queue: a file of the mqueue file system (mq_overview(7)), and its attributes (mq_getattr(3)).
 *
 * @param name without the slash that mq_open(3) wants before it; bytes that are no UTF-8 are shown as U+FFFD
 * @param mode permission bits
 * @param uid the owner
 * @param gid the owner's group
 * @param content what is in it; null if the reader has no permission to open it for reading
 */
@SuppressWarnings("exports") // an annotation that callers need not have
public record PosixQueue(
        String name, int mode, long uid, long gid, @Nullable Content content) {
    private static final int PERMISSIONS = 07777;

    /**
     * What is in a queue.
     *
     * @param maxMessages how many messages fit ({@code mq_maxmsg})
     * @param messageSize how many bytes fit into one ({@code mq_msgsize})
     * @param messages how many there are ({@code mq_curmsgs})
     * @param bytes of data in them ({@code QSIZE})
     * @param notification how its watcher is told of a message ({@code NOTIFY}): 0 by a signal, 1 not at all, 2 by a
     * thread; also 0 if it has no watcher
     * @param signal which signal ({@code SIGNO}), 0 for none
     * @param notifyPid process id of the watcher, 0 for none or one outside of the reader's pid namespace
     * ({@code NOTIFY_PID})
     */
    public record Content(
            long maxMessages,
            long messageSize,
            long messages,
            long bytes,
            int notification,
            int signal,
            long notifyPid) {

        static Content parse(String name, MessageQueues.Attributes attributes, String text) throws IOException {
            try {
                return new Content(
                        attributes.maxMessages(),
                        attributes.messageSize(),
                        attributes.messages(),
                        field(text, "QSIZE"),
                        (int) field(text, "NOTIFY"),
                        (int) field(text, "SIGNO"),
                        field(text, "NOTIFY_PID"));
            } catch (NumberFormatException e) {
                throw new IOException("message queue " + name + ": not understood: " + text.trim(), e);
            }
        }
    }

    /** All queues of a mounted mqueue file system, by name. */
    static List<PosixQueue> list(Fd root) throws IOException {
        List<PosixQueue> queues = new ArrayList<>();
        try (Fd directory = root.reopen(Fd.O_RDONLY)) {
            for (byte[] name : Directory.names(directory)) {
                @Nullable PosixQueue queue = read(directory, name);
                if (queue != null) {
                    queues.add(queue);
                }
            }
        }
        queues.sort(Comparator.comparing(PosixQueue::name));
        return List.copyOf(queues);
    }

    private static @Nullable PosixQueue read(Fd directory, byte[] name) throws IOException {
        try (Fd place = Directory.open(directory, name, Fd.O_PATH)) {
            Map<String, Object> facts = Files.readAttributes(place.procPath(), "unix:mode,uid,gid");
            return new PosixQueue(
                    place.toString(),
                    fact(facts, "mode") & PERMISSIONS,
                    Integer.toUnsignedLong(fact(facts, "uid")),
                    Integer.toUnsignedLong(fact(facts, "gid")),
                    content(place));
        } catch (SyscallException e) {
            if (e.errno() == Errno.ENOENT) {
                return null; // removed while we looked
            }
            throw e;
        }
    }

    private static @Nullable Content content(Fd place) throws IOException {
        try (Fd queue = place.reopen(Fd.O_RDONLY);
                InputStream text = queue.in()) {
            MessageQueues.Attributes attributes = MessageQueues.attributes(queue);
            return Content.parse(
                    place.toString(), attributes, new String(text.readAllBytes(), StandardCharsets.US_ASCII));
        } catch (SyscallException e) {
            if (e.errno() == Errno.EACCES) {
                return null;
            }
            throw e;
        }
    }

    private static int fact(Map<String, Object> facts, String name) {
        return facts.get(name) instanceof Integer number ? number : 0;
    }

    private static long field(String content, String name) {
        for (String word : KernelNumber.words(content)) {
            if (word.startsWith(name) && word.startsWith(":", name.length())) {
                return Long.parseLong(word.substring(name.length() + 1));
            }
        }
        throw new NumberFormatException(name);
    }
}
