// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/**
 * A numbered place for a descriptor in the executor. A child starts with a copy of its parent's slots.
 *
 * @param number 0 to {@value #COUNT} - 1, or the number of {@link #CWD} or {@link #NONE}
 * @param name what people read in a plan
 */
public record Slot(int number, String name) {

    /** How many slots the executor has ({@code MAX_SLOTS} in {@code ops.h}). */
    public static final int COUNT = 256;

    /** {@code AT_FDCWD}: paths are relative to the caller's working directory. */
    public static final Slot CWD = new Slot(-100, "cwd");

    /** No descriptor. */
    public static final Slot NONE = new Slot(-1, "none");

    /** True for {@link #NONE}. */
    public boolean isNone() {
        return number == NONE.number;
    }

    /** {@code $name}, as a plan shows it. */
    @Override
    public String toString() {
        return "$" + name;
    }

    /** The path as a plan shows it: seen from this slot, unless it is absolute or the working directory's. */
    String at(String path) {
        if (number == CWD.number || (path.startsWith("/") && isNone())) {
            return path;
        }
        return path.isEmpty() ? toString() : this + (path.startsWith("/") ? path : "/" + path);
    }
}
