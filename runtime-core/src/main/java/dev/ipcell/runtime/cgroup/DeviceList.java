// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.spec.DeviceRule;
import dev.ipcell.spec.DeviceRuleType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Device rules as writes to the device controller of version 1. The kernel keeps one answer for all devices, and a list of exceptions.
 * Taking back a part of an exception, or something around it, has no effect there, without any error: such a rule is found out here.
 */
final class DeviceList {
    private final List<Write> writes = new ArrayList<>();
    private final List<Family> exceptions = new ArrayList<>();
    private boolean allowed;

    /** One write to {@code devices.allow} or {@code devices.deny}. */
    record Write(boolean allow, String text) {}

    /** A device, or a family of them, that is not treated like all; -1 stands for every number. */
    private static final class Family {
        private final DeviceRuleType type;
        private final long major;
        private final long minor;
        private int access;

        Family(DeviceRuleType type, @Nullable Long major, @Nullable Long minor, int access) {
            this.type = type;
            this.major = major == null ? -1 : major;
            this.minor = minor == null ? -1 : minor;
            this.access = access;
        }

        boolean same(Family other) {
            return type == other.type && major == other.major && minor == other.minor;
        }

        boolean overlaps(Family other) {
            return type == other.type
                    && (major < 0 || other.major < 0 || major == other.major)
                    && (minor < 0 || other.minor < 0 || minor == other.minor)
                    && (access & other.access) != 0;
        }

        String text() {
            return type.wire() + " " + (major < 0 ? "*" : Long.toString(major)) + ":"
                    + (minor < 0 ? "*" : Long.toString(minor)) + " " + letters(access);
        }
    }

    /** A list that starts with every device denied. */
    DeviceList() {
        forAll(false);
    }

    /**
     * Adds a rule.
     *
     * @return false if the kernel cannot carry it out
     */
    boolean add(DeviceRule rule) {
        if (DeviceProgram.isForAll(rule)) {
            forAll(rule.allow());
            return true;
        }
        // The kernel takes the letter a for everything, whatever else the rule says.
        boolean possible = true;
        if (rule.type() != DeviceRuleType.BLOCK) {
            possible = add(rule, DeviceRuleType.CHARACTER);
        }
        if (rule.type() != DeviceRuleType.CHARACTER) {
            possible &= add(rule, DeviceRuleType.BLOCK);
        }
        return possible;
    }

    /** The writes for the rules so far. */
    List<Write> writes() {
        return writes;
    }

    private void forAll(boolean allow) {
        writes.clear();
        exceptions.clear();
        allowed = allow;
        writes.add(new Write(allow, "a"));
    }

    private boolean add(DeviceRule rule, DeviceRuleType type) {
        Family added = new Family(type, rule.major(), rule.minor(), DeviceProgram.access(rule));
        if (added.access == 0) {
            return true;
        }
        writes.add(new Write(rule.allow(), added.text()));
        return rule.allow() == allowed ? takeBack(added) : except(added);
    }

    private boolean except(Family added) {
        for (Family exception : exceptions) {
            if (exception.same(added)) {
                exception.access |= added.access;
                return true;
            }
        }
        exceptions.add(added);
        return true;
    }

    private boolean takeBack(Family added) {
        boolean possible = true;
        for (Family exception : exceptions) {
            if (exception.same(added)) {
                exception.access &= ~added.access;
            } else if (exception.overlaps(added)) {
                possible = false;
            }
        }
        return possible;
    }

    private static String letters(int access) {
        return ((access & DeviceProgram.READ) != 0 ? "r" : "")
                + ((access & DeviceProgram.WRITE) != 0 ? "w" : "")
                + ((access & DeviceProgram.MKNOD) != 0 ? "m" : "");
    }
}
