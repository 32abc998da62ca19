// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import java.util.Locale;

/**
 * Signal numbers and their names (signal(7)), as on x86-64, AArch64 and RISC-V. Real-time signals are counted as the
 * GNU C library counts them: {@code SIGRTMIN} is 34, {@code SIGRTMAX} 64.
 */
public final class Signal {
    private static final int RTMIN = 34;
    private static final int RTMAX = 64;

    private static final String[] NAMES = {
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
        "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU",
        "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"
    };

    private Signal() {}

    /** The name, such as {@code SIGTERM} or {@code SIGRTMIN+3}; {@code signal 32} for a number without one. */
    public static String name(int signal) {
        if (signal >= 1 && signal <= NAMES.length) {
            return "SIG" + NAMES[signal - 1];
        }
        if (signal < RTMIN || signal > RTMAX) {
            return "signal " + signal;
        }
        if (signal == RTMAX) {
            return "SIGRTMAX";
        }
        return signal == RTMIN ? "SIGRTMIN" : "SIGRTMIN+" + (signal - RTMIN);
    }

    /**
     * The number of a signal, told as {@code TERM}, {@code SIGTERM}, {@code sigterm}, {@code 15}, {@code RTMIN+3} or
     * {@code RTMAX-1}; {@code 0} is allowed, as in kill(2).
     *
     * @return the number, or -1 if there is no such signal
     */
    public static int number(String signal) {
        int number = decimal(signal, 0);
        if (number >= 0) {
            return number <= RTMAX ? number : -1;
        }
        String upper = signal.toUpperCase(Locale.ROOT);
        String name = upper.startsWith("SIG") ? upper.substring(3) : upper;
        for (int i = 0; i < NAMES.length; i++) {
            if (NAMES[i].equals(name)) {
                return i + 1;
            }
        }
        return name.startsWith("RTM") ? realTime(name) : alias(name);
    }

    private static int alias(String name) {
        return switch (name) {
            case "IOT" -> 6;
            case "CLD" -> 17;
            case "POLL" -> 29;
            default -> -1;
        };
    }

    private static int realTime(String name) {
        boolean fromMin = name.startsWith("RTMIN");
        if (!fromMin && !name.startsWith("RTMAX")) {
            return -1;
        }
        int base = fromMin ? RTMIN : RTMAX;
        if (name.length() == 5) {
            return base;
        }
        if (name.charAt(5) != (fromMin ? '+' : '-')) {
            return -1;
        }
        int distance = decimal(name, 6);
        return distance < 0 || distance > RTMAX - RTMIN ? -1 : fromMin ? base + distance : base - distance;
    }

    /** The digits from {@code start} to the end as a number; -1 if there are none, too many, or something else. */
    private static int decimal(String text, int start) {
        if (start >= text.length() || text.length() - start > 4) {
            return -1;
        }
        int number = 0;
        for (int i = start; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }
}
