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
     */
    public static List<Map.Entry<String, String>> ordered(Map<String, String> sysctls) {
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
     * Why no kernel takes a value; the kernel itself would only say EINVAL.
     *
     * @return the reason, or null if the value is possible or the parameter is not one of the IPC namespace's
     */
    public static @Nullable String reason(String key, String value) {
        int rank = rank(key);
        if (rank < 0) {
            return null;
        }
        String trimmed = value.trim();
        return switch (KEYS[rank]) {
            case "kernel.msgmax", "kernel.msgmnb" -> outside(trimmed, 0, INT_MAX);
            case "kernel.msgmni", "kernel.shmmni" -> outside(trimmed, 0, IPCMNI);
            case "kernel.auto_msgmni", "kernel.shm_rmid_forced" -> outside(trimmed, 0, 1);
            case "kernel.sem" -> semaphores(trimmed);
            case "kernel.shmmax", "kernel.shmall" -> outsideUnsignedLong(trimmed);
            case "fs.mqueue.queues_max" -> outside(trimmed, INT_MIN, INT_MAX);
            case "fs.mqueue.msg_max", "fs.mqueue.msg_default" -> outside(trimmed, 1, 65536);
            case "fs.mqueue.msgsize_max", "fs.mqueue.msgsize_default" -> outside(trimmed, 128, 16 << 20);
            default -> outside(trimmed, 0, INT_MAX);
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

    private static @Nullable String outside(String value, long least, long most) {
        try {
            long number = number(value);
            return number < least || number > most ? "'" + value + "' is not from " + least + " to " + most : null;
        } catch (NumberFormatException e) {
            return notANumber(value);
        }
    }

    private static @Nullable String outsideUnsignedLong(String value) {
        try {
            Long.parseUnsignedLong(value);
            return null;
        } catch (NumberFormatException e) {
            // Not decimal, or too big; the other notations are rare enough for the signed range to do.
        }
        try {
            return number(value) < 0 ? "'" + value + "' is negative" : null;
        } catch (NumberFormatException e) {
            return digitsOnly(value) ? "'" + value + "' is more than 18446744073709551615" : notANumber(value);
        }
    }

    private static @Nullable String semaphores(String value) {
        List<String> numbers = words(value);
        if (numbers.size() != 4) {
            return "'" + value + "' is not four numbers: semmsl semmns semopm semmni";
        }
        for (int i = 0; i < 3; i++) {
            @Nullable String reason = outside(numbers.get(i), INT_MIN, INT_MAX);
            if (reason != null) {
                return reason;
            }
        }
        return outside(numbers.get(3), 0, IPCMNI);
    }

    /** A number as the kernel reads it: decimal, or hexadecimal after 0x, or octal after 0; a sign before. */
    private static long number(String value) {
        boolean negative = value.startsWith("-");
        String digits = negative ? value.substring(1) : value;
        int radix = digits.length() > 1 && digits.charAt(0) == '0' ? 8 : 10;
        if (digits.startsWith("0x") || digits.startsWith("0X")) {
            radix = 16;
            digits = digits.substring(2);
        }
        if (digits.isEmpty() || Character.digit(digits.charAt(0), 16) < 0) { // parseLong would take a second sign
            throw new NumberFormatException(value);
        }
        long number = Long.parseLong(digits, radix);
        return negative ? -number : number;
    }

    private static boolean digitsOnly(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) < '0' || value.charAt(i) > '9') {
                return false;
            }
        }
        return !value.isEmpty();
    }

    private static String notANumber(String value) {
        return "'" + value + "' is not a number";
    }

    /** The words between blanks and tabs. */
    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        int start = -1;
        for (int i = 0; i <= text.length(); i++) {
            boolean blank = i == text.length() || text.charAt(i) <= ' ';
            if (!blank && start < 0) {
                start = i;
            } else if (blank && start >= 0) {
                words.add(text.substring(start, i));
                start = -1;
            }
        }
        return words;
    }
}
