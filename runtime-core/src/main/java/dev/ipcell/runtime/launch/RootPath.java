// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.spec.Mount;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The path of a container's root, as it is written: configurations name places in the root by it. Links are not followed; whoever takes a
 * path from here resolves it inside the root.
 */
final class RootPath {
    private final String bundle;
    private final String path;

    private RootPath(String bundle, String path) {
        this.bundle = bundle;
        this.path = path;
    }

    /**
     * Puts it together.
     *
     * @param cwd the caller's working directory, where {@code bundle} may begin
     * @param root a path that may begin in the bundle
     */
    static RootPath of(String cwd, String bundle, String root) {
        String directory = below(cwd, bundle);
        return new RootPath(directory, clean(below(directory, root)));
    }

    private static String below(String directory, String path) {
        return path.startsWith("/") ? path : directory + "/" + path;
    }

    /** The mounts, with destinations that are seen from the root, as runc takes them. */
    List<Mount> mounts(List<Mount> given) {
        List<Mount> mounts = List.of();
        for (int i = 0; i < given.size(); i++) {
            Mount mount = given.get(i);
            String inside = inside(mount.destination());
            if (inside != null) {
                mounts = mounts.isEmpty() ? new ArrayList<>(given) : mounts;
                mounts.set(
                        i,
                        new Mount(
                                inside,
                                mount.type(),
                                mount.source(),
                                mount.options(),
                                mount.uidMappings(),
                                mount.gidMappings(),
                                mount.unknown()));
            }
        }
        return mounts.isEmpty() ? given : mounts;
    }

    /**
     * Where in the root the source of a bind mount is, if an earlier mount covers that place: then it is not there yet.
     *
     * @param mounts as {@link #mounts} gives them
     * @return null for a source of the host
     */
    @Nullable
    String late(List<Mount> mounts, int index, String source) {
        String inside = index == 0 ? null : inside(below(bundle, source));
        for (int i = 0; inside != null && i < index; i++) {
            String above = clean("/" + mounts.get(i).destination());
            if (inside.equals(above) || inside.startsWith(above.endsWith("/") ? above : above + "/")) {
                return inside;
            }
        }
        return null;
    }

    /** The same path seen from the root; null if it is not below it. */
    private @Nullable String inside(String given) {
        // A path is never longer when it is clean, so the short destinations of a usual configuration end here.
        if (given.length() <= path.length() || path.length() == 1 || given.charAt(0) != '/') {
            return null;
        }
        String clean = clean(given);
        return clean.startsWith(path) && clean.length() > path.length() && clean.charAt(path.length()) == '/'
                ? clean.substring(path.length())
                : null;
    }

    private static String clean(String path) {
        StringBuilder clean = new StringBuilder(path.length());
        for (int start = 0; start < path.length(); ) {
            int slash = path.indexOf('/', start);
            int end = slash < 0 ? path.length() : slash;
            String name = path.substring(start, end);
            if (name.equals("..")) {
                clean.setLength(Math.max(0, clean.lastIndexOf("/")));
            } else if (!name.isEmpty() && !name.equals(".")) {
                clean.append('/').append(name);
            }
            start = end + 1;
        }
        return clean.isEmpty() ? "/" : clean.toString();
    }
}
