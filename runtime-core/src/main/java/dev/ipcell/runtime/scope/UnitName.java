// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.scope;

import org.jspecify.annotations.Nullable;

/**
 * The scope of a container, and the slice that it is in. {@code linux.cgroupsPath} has the form {@code slice:prefix:name}, which runc made
 * the custom: the scope is {@code prefix-name.scope}.
 *
 * @param slice such as {@code system.slice}
 * @param scope such as {@code ipcell-id.scope}
 */
public record UnitName(String slice, String scope) {
    private static final String SLICE = ".slice";
    private static final String SCOPE = ".scope";
    private static final String ROOT_SLICE = "-.slice";
    private static final int LONGEST = 255;

    /**
     * Reads it.
     *
     * @param cgroupsPath null or empty for a scope named after the container
     * @param user whether it is for a user's manager
     * @throws IllegalArgumentException with what is wrong, if it is not of that form
     */
    public static UnitName of(@Nullable String cgroupsPath, String containerId, boolean user) {
        String path = cgroupsPath == null || cgroupsPath.isEmpty() ? ":ipcell:" + containerId : cgroupsPath;
        int first = path.indexOf(':');
        int second = first < 0 ? -1 : path.indexOf(':', first + 1);
        if (second < 0 || path.indexOf(':', second + 1) >= 0) {
            throw new IllegalArgumentException(
                    "must be slice:prefix:name for the systemd driver, such as system.slice:ipcell:" + containerId);
        }
        String name = path.substring(second + 1);
        if (name.isEmpty()) {
            throw new IllegalArgumentException("must have a name behind the second colon");
        }
        if (name.endsWith(SLICE)) {
            throw new IllegalArgumentException("must name a scope: a container cannot live in a slice itself");
        }
        String scope = path.substring(first + 1, second) + "-" + name + SCOPE;
        if (scope.length() > LONGEST || !isValid(scope)) {
            throw new IllegalArgumentException(
                    "makes \"" + scope + "\", which is no name for a unit: systemd takes up to " + LONGEST
                            + " letters, digits and :-_.\\");
        }
        return new UnitName(slice(path.substring(0, first), user), scope);
    }

    private static String slice(String written, boolean user) {
        String slice = written.isEmpty() ? (user ? "user.slice" : "system.slice") : written;
        if (slice.equals("-")) {
            return ROOT_SLICE;
        }
        String name = slice.endsWith(SLICE) ? slice.substring(0, slice.length() - SLICE.length()) : "";
        boolean root = slice.equals(ROOT_SLICE);
        boolean dashes = name.startsWith("-") || name.endsWith("-") || name.contains("--");
        if (name.isEmpty() || !isValid(slice) || (dashes && !root)) {
            throw new IllegalArgumentException(
                    "begins with \"" + slice + "\", which is no slice; one is called such as user-1000.slice");
        }
        return slice;
    }

    private static boolean isValid(String unit) {
        for (int i = 0; i < unit.length(); i++) {
            char c = unit.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!letter && ":-_.\\".indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }

    /** The scope's cgroup below the manager's: each dash in a slice's name is a level. */
    public String cgroup() {
        StringBuilder path = new StringBuilder();
        if (!slice.equals(ROOT_SLICE)) {
            String name = slice.substring(0, slice.length() - SLICE.length());
            for (int dash = name.indexOf('-'); dash > 0; dash = name.indexOf('-', dash + 1)) {
                path.append('/').append(name, 0, dash).append(SLICE);
            }
            path.append('/').append(slice);
        }
        return path.append('/').append(scope).toString();
    }
}
