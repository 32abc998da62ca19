// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Numbers of the kernel's interfaces as people read them, for {@link Op#describe}. */
final class Flags {
    private static final String[] CLONE = {
        "newtime",
        "0x80",
        "newns",
        "0x20000",
        "newcgroup",
        "0x2000000",
        "newuts",
        "0x4000000",
        "newipc",
        "0x8000000",
        "newuser",
        "0x10000000",
        "newpid",
        "0x20000000",
        "newnet",
        "0x40000000"
    };
    private static final String[] OPEN = {
        "wronly",
        "1",
        "rdwr",
        "2",
        "creat",
        "0x40",
        "excl",
        "0x80",
        "trunc",
        "0x200",
        "append",
        "0x400",
        "nonblock",
        "0x800",
        "directory",
        "0x10000",
        "nofollow",
        "0x20000",
        "path",
        "0x200000"
    };
    private static final String[] RESOLVE = {
        "no-xdev", "1", "no-magiclinks", "2", "no-symlinks", "4", "beneath", "8", "in-root", "0x10"
    };
    private static final String[] MOUNT = {
        "ro",
        "1",
        "nosuid",
        "2",
        "nodev",
        "4",
        "noexec",
        "8",
        "noatime",
        "0x10",
        "strictatime",
        "0x20",
        "nodiratime",
        "0x80",
        "idmap",
        "0x100000",
        "nosymfollow",
        "0x200000"
    };
    private static final String[] TREE = {"clone", "1", "recursive", "0x8000", "empty-path", "0x1000"};
    private static final String[] PROPAGATION = {
        "unbindable", "0x20000", "private", "0x40000", "slave", "0x80000", "shared", "0x100000"
    };
    private static final String[] SECCOMP = {
        "tsync", "1", "log", "2", "spec-allow", "4", "new-listener", "8", "tsync-esrch", "0x10", "wait-killable", "0x20"
    };
    private static final String[] RLIMITS = {
        "CPU",
        "FSIZE",
        "DATA",
        "STACK",
        "CORE",
        "RSS",
        "NPROC",
        "NOFILE",
        "MEMLOCK",
        "AS",
        "LOCKS",
        "SIGPENDING",
        "MSGQUEUE",
        "NICE",
        "RTPRIO",
        "RTTIME"
    };

    private Flags() {}

    static String clone(int flags) {
        return String.join(",", names(flags & 0xffff_ffffL, CLONE));
    }

    static String open(int flags) {
        return bracketed(flags, OPEN);
    }

    static String resolve(int flags) {
        return bracketed(flags, RESOLVE);
    }

    static String mount(int attributes) {
        return bracketed(attributes, MOUNT);
    }

    static String tree(int flags) {
        return bracketed(flags & ~0x80000, TREE);
    }

    static String at(int flags) {
        return (flags & 0x8000) == 0 ? "" : " recursive";
    }

    static String propagation(long flag) {
        return bracketed(flag, PROPAGATION);
    }

    static String seccomp(int flags) {
        return bracketed(flags, SECCOMP);
    }

    static String octal(int mode) {
        return "0" + Integer.toOctalString(mode & 07777);
    }

    static String rlimit(int resource) {
        return resource >= 0 && resource < RLIMITS.length ? RLIMITS[resource] : Integer.toString(resource);
    }

    static String prctl(int option) {
        return switch (option) {
            case 1 -> "pdeathsig";
            case 4 -> "dumpable";
            case 8 -> "keepcaps";
            case 36 -> "child-subreaper";
            case 38 -> "no-new-privs";
            default -> Integer.toString(option);
        };
    }

    /** A capability mask in hexadecimal: the form of {@code /proc/PID/status}. */
    static String capabilities(long mask) {
        return "0x" + Long.toHexString(mask);
    }

    static String node(int mode, int major, int minor) {
        String type = switch (mode & 0170000) {
            case 0020000 -> " char";
            case 0060000 -> " block";
            case 0010000 -> " fifo";
            case 0040000 -> " directory";
            default -> "";
        };
        String number = major < 0 ? "" : " " + major + ":" + minor;
        return type + number + ((mode & 07777) == 0 ? "" : " mode " + octal(mode));
    }

    /** Short texts are shown, long or binary data only by their size. */
    static String data(byte[] data) {
        String text = new String(data, StandardCharsets.UTF_8);
        boolean plain = data.length <= 60 && text.strip().chars().allMatch(c -> c >= ' ' && c < 0x7f);
        return plain ? '"' + text.strip() + '"' : data.length + " bytes";
    }

    /** A text of several lines in one. */
    static String lines(byte[] data) {
        return '"' + new String(data, StandardCharsets.UTF_8).strip().replace("\n", ", ") + '"';
    }

    static String words(List<String> words) {
        return "[" + String.join(" ", words) + "]";
    }

    /** An internet address; IPv6 without any group left out. */
    static String address(byte[] address) {
        StringBuilder text = new StringBuilder();
        boolean old = address.length <= 4;
        for (int i = 0; i < address.length; i++) {
            if (old) {
                text.append(i == 0 ? "" : ".").append(address[i] & 0xff);
            } else if (i % 2 != 0) {
                text.append(i == 1 ? "" : ":")
                        .append(Integer.toHexString((address[i - 1] & 0xff) << 8 | (address[i] & 0xff)));
            }
        }
        return text.toString();
    }

    private static String bracketed(long flags, String[] table) {
        List<String> names = names(flags, table);
        return names.isEmpty() ? "" : " (" + String.join(",", names) + ")";
    }

    private static List<String> names(long flags, String[] table) {
        List<String> names = new ArrayList<>();
        long rest = flags;
        for (int i = 0; i < table.length; i += 2) {
            long bit = Long.decode(table[i + 1]);
            if ((rest & bit) == bit) {
                names.add(table[i]);
                rest &= ~bit;
            }
        }
        if (rest != 0) {
            names.add("0x" + Long.toHexString(rest));
        }
        return names;
    }

    /** A bit mask, lowest byte first, as ranges of its bits. */
    static String mask(byte[] mask) {
        StringBuilder text = new StringBuilder();
        int bits = 8 * mask.length;
        for (int bit = 0; bit < bits; bit++) {
            int first = bit;
            while (bit < bits && (mask[bit / 8] >> (bit % 8) & 1) != 0) {
                bit++;
            }
            if (bit > first) {
                text.append(text.isEmpty() ? "" : ",").append(first);
                if (bit - 1 > first) {
                    text.append('-').append(bit - 1);
                }
            }
        }
        return text.isEmpty() ? "none" : text.toString();
    }
}
