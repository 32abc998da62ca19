// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The kernel parameters that each IPC namespace has for itself (proc_sys_kernel(5), proc_sys_fs(5), mq_overview(7)).
 *
 * <p>A key is spelt with dots, as in {@code kernel.msgmax}, or with slashes, as in {@code kernel/msgmax}.
 */
public final class IpcSysctls {
    /** In the order in which they are to be written: limits, then what is bounded by them, then the next ids. */
    static final String[] KEYS = {
        "kernel.msgmax",
        "kernel.msgmnb",
        "kernel.msgmni",
        "kernel.auto_msgmni",
        "kernel.sem",
        "kernel.shmmax",
        "kernel.shmall",
        "kernel.shmmni",
        "kernel.shm_rmid_forced",
        "fs.mqueue.queues_max",
        "fs.mqueue.msg_max",
        "fs.mqueue.msgsize_max",
        "fs.mqueue.msg_default",
        "fs.mqueue.msgsize_default",
        "kernel.msg_next_id",
        "kernel.sem_next_id",
        "kernel.shm_next_id",
    };

    private static final long INT_MIN = Integer.MIN_VALUE;
    private static final long INT_MAX = Integer.MAX_VALUE;
    /** The kernel's IPCMNI_EXTEND; without the boot parameter ipcmni_extend it allows 32768. */
    private static final long IPCMNI = 1 << 24;

    private IpcSysctls() {}

    /** True if the parameter is one of the IPC namespace's own. */
    public static boolean belongs(String key) {
        return rank(key) >= 0;
    }

    /** The path below {@code /proc/sys}, such as {@code kernel/msgmax}. */
    public static String procPath(String key) {
        return key.replace('.', '/');
    }

    /**
     * Those parameters of a map that belong to the IPC namespace, in the order in which they are to be written; keys as
     * they are.
     *
     * @throws IllegalArgumentException if a parameter is there twice: see {@link #conflict}
     */
    public static List<Map.Entry<String, String>> ordered(Map<String, String> sysctls) {
        @Nullable String conflict = conflict(sysctls);
        if (conflict != null) {
            throw new IllegalArgumentException(conflict);
        }
        List<Map.Entry<String, String>> ordered = new ArrayList<>();
        for (int rank = 0; rank < KEYS.length; rank++) {
            for (Map.Entry<String, String> entry : sysctls.entrySet()) {
                if (rank(entry.getKey()) == rank) {
                    ordered.add(entry);
                }
            }
        }
        return ordered;
    }

    /**
     * Tells of a parameter that is in a map twice, in two spellings: it would depend on chance which value it gets.
     *
     * @return a sentence with both keys, or null if each of the IPC namespace's parameters is there once at most
     */
    @SuppressWarnings("exports") // an annotation that callers need not have
    public static @Nullable String conflict(Map<String, String> sysctls) {
        @Nullable String[] seen = new @Nullable String[KEYS.length];
        for (String key : sysctls.keySet()) {
            int rank = rank(key);
            if (rank < 0) {
                continue;
            }
            @Nullable String other = seen[rank];
            if (other != null) { // in one order, whatever that of the map
                boolean first = other.compareTo(key) < 0;
                return (first ? other : key) + " and " + (first ? key : other) + " are the same parameter";
            }
            seen[rank] = key;
        }
        return null;
    }

    /**
     * Why no kernel takes a value; the kernel itself would only say EINVAL. Also refused is what it takes a part of: more
     * numbers than the parameter has, fewer than the four of {@code kernel.sem}, nothing at all.
     *
     * <p>As in the kernel, a number is decimal, or hexadecimal after 0x, or octal after 0; it has no plus sign, and
     * with a minus sign at most 20 characters.
     *
     * @return the reason, or null if the value is possible or the parameter is not one of the IPC namespace's
     */
    @SuppressWarnings("exports") // an annotation that callers need not have
    public static @Nullable String reason(String key, String value) {
        int rank = rank(key);
        if (rank < 0) {
            return null;
        }
        List<String> words = KernelNumber.words(value);
        if (KEYS[rank].equals("kernel.sem")) {
            return semaphores(words, value);
        }
        if (words.size() != 1) {
            return KernelNumber.quoted(value) + (words.isEmpty() ? " is not a number" : " is more than one number");
        }
        String word = words.getFirst();
        return switch (KEYS[rank]) {
            case "kernel.msgmni", "kernel.shmmni" -> KernelNumber.outside(word, 0, IPCMNI);
            case "kernel.auto_msgmni", "kernel.shm_rmid_forced" -> KernelNumber.outside(word, 0, 1);
            case "kernel.shmmax", "kernel.shmall" -> KernelNumber.outsideUnsigned(word);
            case "fs.mqueue.queues_max" -> KernelNumber.outside(word, INT_MIN, INT_MAX);
            case "fs.mqueue.msg_max", "fs.mqueue.msg_default" -> KernelNumber.outside(word, 1, 65536);
            case "fs.mqueue.msgsize_max", "fs.mqueue.msgsize_default" -> KernelNumber.outside(word, 128, 16 << 20);
            default -> KernelNumber.outside(word, 0, INT_MAX);
        };
    }

    private static int rank(String key) {
        String dotted = key.indexOf('/') < 0 ? key : key.replace('/', '.');
        for (int i = 0; i < KEYS.length; i++) {
            if (KEYS[i].equals(dotted)) {
                return i;
            }
        }
        return -1;
    }

    private static @Nullable String semaphores(List<String> numbers, String value) {
        if (numbers.size() != 4) {
            return KernelNumber.quoted(value) + " is not four numbers: semmsl semmns semopm semmni";
        }
        for (int i = 0; i < 3; i++) {
            @Nullable String reason = KernelNumber.outside(numbers.get(i), INT_MIN, INT_MAX);
            if (reason != null) {
                return reason;
            }
        }
        return KernelNumber.outside(numbers.get(3), 0, IPCMNI);
    }
}
