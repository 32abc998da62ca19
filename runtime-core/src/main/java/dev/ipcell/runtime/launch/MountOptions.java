// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The options of one mount, sorted by who understands them (runtime-spec, config.md, "Linux mount options"; mount(8)).
 *
 * @param set attributes of the mount to set, as mount_setattr(2) takes them
 * @param clear attributes to clear; the access-time ones are cleared whenever one of them is set
 * @param implied of a bind mount: what it loses of its source's attributes without that being asked for
 * @param recursiveSet the same for the mount and everything below it
 * @param recursiveClear likewise
 * @param propagation {@code MS_*} flag, or 0 to leave it
 * @param propagationRecursive whether it holds for everything below too
 * @param bind 0 no bind mount, 1 bind, 2 rbind
 * @param idmap 0 nothing is asked about ids, 1 idmap, 2 ridmap
 * @param ids which ids, if that option says it itself, as crun(1) takes it
 * @param copyUp a new tmpfs begins with what it covers
 * @param parameters for the file system itself, such as {@code mode=755}
 */
record MountOptions(
        int set,
        int clear,
        int implied,
        int recursiveSet,
        int recursiveClear,
        int propagation,
        boolean propagationRecursive,
        int bind,
        int idmap,
        @Nullable String ids,
        boolean copyUp,
        List<String> parameters) {

    /** What a user namespace cannot clear where it is set outside, apart from access times (mount_namespaces(7)). */
    private static final int LOCKABLE =
            Kernel.MOUNT_ATTR_RDONLY | Kernel.MOUNT_ATTR_NOSUID | Kernel.MOUNT_ATTR_NODEV | Kernel.MOUNT_ATTR_NOEXEC;

    /** Options that ask for something this version does not do. */
    private static final List<String> NOT_YET = List.of("copy-symlink", "src-nofollow", "dest-nofollow", "remount");

    /** The options that are not left to the file system; those of attributes have an {@code r} form for whole trees. */
    private static final List<String> ATTRIBUTES = List.of(
            "ro",
            "rw",
            "nosuid",
            "suid",
            "nodev",
            "dev",
            "noexec",
            "exec",
            "nodiratime",
            "diratime",
            "nosymfollow",
            "symfollow",
            "relatime",
            "atime",
            "nostrictatime",
            "noatime",
            "strictatime",
            "norelatime");

    private static final List<String> OTHERS = List.of(
            "defaults",
            "loud",
            "silent",
            "tmpcopyup",
            "bind",
            "rbind",
            "idmap",
            "ridmap",
            "shared",
            "rshared",
            "slave",
            "rslave",
            "private",
            "rprivate",
            "unbindable",
            "runbindable");

    /** Those of every file system, which fsconfig(2) takes as it takes a parameter. */
    private static final List<String> OF_ANY_FILE_SYSTEM =
            List.of("async", "dirsync", "lazytime", "mand", "nolazytime", "nomand", "sync");

    /** All options that have a meaning whatever the file system, in order. */
    static List<String> known() {
        List<String> all = new ArrayList<>(OTHERS);
        all.addAll(OF_ANY_FILE_SYSTEM);
        for (String attribute : ATTRIBUTES) {
            all.add(attribute);
            all.add("r" + attribute);
        }
        all.sort(null);
        return List.copyOf(all);
    }

    /** An option that cannot be carried out yet, or null. */
    static @Nullable String refused(List<String> options) {
        for (String option : options) {
            int equals = option.indexOf('=');
            if (NOT_YET.contains(equals < 0 ? option : option.substring(0, equals))) {
                return option;
            }
        }
        return null;
    }

    /** Sorts the options; of contradicting ones the last holds. */
    static MountOptions parse(List<String> options) {
        Sorter sorter = new Sorter();
        for (String option : options) {
            sorter.sort(option);
        }
        return sorter.done();
    }

    boolean isBind() {
        return bind != 0;
    }

    boolean isRecursiveBind() {
        return bind == 2;
    }

    /** Whether the ids of everything below it are mapped too. */
    boolean isRecursiveIdmap() {
        return idmap == 2;
    }

    private static final class Sorter {
        private static final int NONE = -1;

        private final List<String> parameters = new ArrayList<>();
        private int set;
        private int clear;
        private int accessTime = NONE;
        private int recursiveSet;
        private int recursiveClear;
        private int propagation;
        private boolean propagationRecursive;
        private int bind;
        private int idmap;
        private @Nullable String ids;
        private boolean copyUp;

        void sort(String option) {
            switch (option) {
                case "defaults" -> {}
                // They are about messages in the kernel's log, and fsopen(2) gives those to its caller.
                case "silent", "loud" -> {}
                case "bind" -> bind = Math.max(bind, 1);
                case "rbind" -> bind = 2;
                case "tmpcopyup" -> copyUp = true;
                case "shared", "rshared" -> propagate(Kernel.MS_SHARED, option);
                case "slave", "rslave" -> propagate(Kernel.MS_SLAVE, option);
                case "private", "rprivate" -> propagate(Kernel.MS_PRIVATE, option);
                case "unbindable", "runbindable" -> propagate(Kernel.MS_UNBINDABLE, option);
                case "idmap" -> idmap(1, null);
                case "ridmap" -> idmap(2, null);
                default -> {
                    if (option.startsWith("idmap=")) {
                        idmap(1, option.substring("idmap=".length()));
                    } else if (option.startsWith("ridmap=")) {
                        idmap(2, option.substring("ridmap=".length()));
                    } else {
                        attribute(option);
                    }
                }
            }
        }

        private void idmap(int kind, @Nullable String given) {
            idmap = kind;
            ids = given == null || given.isEmpty() ? null : given;
        }

        private void propagate(int flag, String option) {
            propagation = flag;
            // "rshared" is "r" and "shared"; none of the plain names begins with an r.
            propagationRecursive = option.charAt(0) == 'r';
        }

        private void attribute(String option) {
            boolean plain = attribute(option, false);
            if (!plain && option.startsWith("r")) {
                plain = attribute(option.substring(1), true);
            }
            if (!plain) {
                parameters.add(unquoted(option));
            }
        }

        /** Quotes around a label are for mount(2), which takes all options in one text (mount(8), "context"). */
        private static String unquoted(String option) {
            int value = option.indexOf("context=\"");
            boolean quoted = value >= 0 && option.endsWith("\"") && option.indexOf('=') == value + "context".length();
            return quoted ? option.replace("\"", "") : option;
        }

        private boolean attribute(String option, boolean recursive) {
            switch (option) {
                case "ro" -> change(Kernel.MOUNT_ATTR_RDONLY, 0, recursive);
                case "rw" -> change(0, Kernel.MOUNT_ATTR_RDONLY, recursive);
                case "nosuid" -> change(Kernel.MOUNT_ATTR_NOSUID, 0, recursive);
                case "suid" -> change(0, Kernel.MOUNT_ATTR_NOSUID, recursive);
                case "nodev" -> change(Kernel.MOUNT_ATTR_NODEV, 0, recursive);
                case "dev" -> change(0, Kernel.MOUNT_ATTR_NODEV, recursive);
                case "noexec" -> change(Kernel.MOUNT_ATTR_NOEXEC, 0, recursive);
                case "exec" -> change(0, Kernel.MOUNT_ATTR_NOEXEC, recursive);
                case "nodiratime" -> change(Kernel.MOUNT_ATTR_NODIRATIME, 0, recursive);
                case "diratime" -> change(0, Kernel.MOUNT_ATTR_NODIRATIME, recursive);
                case "nosymfollow" -> change(Kernel.MOUNT_ATTR_NOSYMFOLLOW, 0, recursive);
                case "symfollow" -> change(0, Kernel.MOUNT_ATTR_NOSYMFOLLOW, recursive);
                case "relatime" -> accessTime(Kernel.MOUNT_ATTR_RELATIME, NONE, recursive);
                case "atime" -> accessTime(Kernel.MOUNT_ATTR_RELATIME, Kernel.MOUNT_ATTR_NOATIME, recursive);
                case "nostrictatime" ->
                    accessTime(Kernel.MOUNT_ATTR_RELATIME, Kernel.MOUNT_ATTR_STRICTATIME, recursive);
                case "noatime" -> accessTime(Kernel.MOUNT_ATTR_NOATIME, NONE, recursive);
                case "strictatime" -> accessTime(Kernel.MOUNT_ATTR_STRICTATIME, NONE, recursive);
                case "norelatime" -> noRelatime(recursive);
                default -> {
                    return false;
                }
            }
            return true;
        }

        /**
         * Takes a word for access times.
         *
         * @param not the attribute that the word only takes back, or {@link #NONE}
         */
        private void accessTime(int attribute, int not, boolean recursive) {
            change(0, Kernel.MOUNT_ATTR_ATIME, recursive);
            if (recursive) {
                recursiveSet |= attribute;
                return;
            }
            set |= attribute;
            if (not == NONE) {
                accessTime = attribute;
            } else if (accessTime == not) {
                accessTime = NONE;
            }
        }

        /** Takes that word back alone: what the kernel does without any is the same since Linux 2.6.30 (mount(8)). */
        private void noRelatime(boolean recursive) {
            recursiveClear |= recursive ? Kernel.MOUNT_ATTR_ATIME : 0;
            clear |= recursive ? 0 : Kernel.MOUNT_ATTR_ATIME;
            if (!recursive && accessTime == Kernel.MOUNT_ATTR_RELATIME) {
                accessTime = NONE;
            }
        }

        private void change(int toSet, int toClear, boolean recursive) {
            if (recursive) {
                recursiveSet = (recursiveSet | toSet) & ~toClear;
                recursiveClear = (recursiveClear | toClear) & ~toSet;
            } else {
                set = (set | toSet) & ~toClear;
                clear = (clear | toClear) & ~toSet;
            }
        }

        /**
         * A bind mount with attributes of its own has no others of its source's, but for access times, which it keeps unless others are
         * asked for (mount(2), "Remounting an existing mount", by which other runtimes do it).
         */
        private int ofBind() {
            boolean keeps = accessTime == NONE && (set & Kernel.MOUNT_ATTR_NODIRATIME) == 0;
            set &= ~Kernel.MOUNT_ATTR_ATIME;
            if (accessTime != NONE) {
                set |= accessTime;
            }
            int times = keeps ? 0 : Kernel.MOUNT_ATTR_ATIME | (Kernel.MOUNT_ATTR_NODIRATIME & ~set);
            clear = (clear & LOCKABLE) | (Kernel.MOUNT_ATTR_NOSYMFOLLOW & ~set) | times;
            return LOCKABLE & ~set & ~clear;
        }

        MountOptions done() {
            int implied = bind != 0 && (set | clear) != 0 ? ofBind() : 0;
            return new MountOptions(
                    set,
                    clear,
                    implied,
                    recursiveSet,
                    recursiveClear,
                    propagation,
                    propagationRecursive,
                    bind,
                    idmap,
                    ids,
                    copyUp,
                    List.copyOf(parameters));
        }
    }
}
