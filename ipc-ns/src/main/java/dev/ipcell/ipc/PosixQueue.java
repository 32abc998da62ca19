// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A POSIX message queue: a file of the mqueue file system (mq_overview(7)).
 *
 * @param name without the slash that mq_open(3) wants before it
 * @param mode permission bits
 * @param uid the owner
 * @param gid the owner's group
 * @param queueSize bytes of data in the queue ({@code QSIZE})
 * @param notification how its watcher is told of a message ({@code NOTIFY}): 0 by a signal, 1 not at all, 2 by a thread
 * @param signal which signal ({@code SIGNO})
 * @param notifyPid process id of the watcher, 0 for none ({@code NOTIFY_PID})
 */
public record PosixQueue(
        String name, int mode, long uid, long gid, long queueSize, int notification, int signal, long notifyPid) {

    private static final int PERMISSIONS = 07777;

    /** All queues of a mounted mqueue file system, by name. */
    static List<PosixQueue> list(Path root) throws IOException {
        List<PosixQueue> queues = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(root)) {
            for (Path file : files) {
                @Nullable PosixQueue queue = read(file);
                if (queue != null) {
                    queues.add(queue);
                }
            }
        }
        queues.sort(Comparator.comparing(PosixQueue::name));
        return List.copyOf(queues);
    }

    static PosixQueue parse(String name, int mode, long uid, long gid, String content) throws IOException {
        try {
            return new PosixQueue(
                    name,
                    mode & PERMISSIONS,
                    uid,
                    gid,
                    field(content, "QSIZE"),
                    (int) field(content, "NOTIFY"),
                    (int) field(content, "SIGNO"),
                    field(content, "NOTIFY_PID"));
        } catch (NumberFormatException e) {
            throw new IOException("message queue " + name + ": not understood: " + content.trim(), e);
        }
    }

    private static @Nullable PosixQueue read(Path file) throws IOException {
        try {
            Map<String, Object> facts = Files.readAttributes(file, "unix:mode,uid,gid", LinkOption.NOFOLLOW_LINKS);
            String name = String.valueOf(file.getFileName());
            return parse(name, fact(facts, "mode"), fact(facts, "uid"), fact(facts, "gid"), ProcFile.read(file));
        } catch (NoSuchFileException e) {
            return null; // removed while we looked
        }
    }

    private static int fact(Map<String, Object> facts, String name) {
        return facts.get(name) instanceof Integer number ? number : 0;
    }

    private static long field(String content, String name) {
        for (String word : IpcSysctls.words(content)) {
            if (word.startsWith(name) && word.startsWith(":", name.length())) {
                return Long.parseLong(word.substring(name.length() + 1));
            }
        }
        throw new NumberFormatException(name);
    }
}
