// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.spec.IdMapping;
import dev.ipcell.spec.Linux;
import dev.ipcell.spec.Mount;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which ids a mount shows for those of its file system, as the files {@code uid_map} and {@code gid_map} take them (runtime-spec, config.md,
 * "Mounts"; mount_setattr(2), "ID-mapped mounts").
 */
final class IdMaps {
    private static final long IDS = 1L << 32;

    private final List<IdMapping> uids = new ArrayList<>();
    private final List<IdMapping> gids = new ArrayList<>();
    private @Nullable String problem;

    private IdMaps() {}

    /** The mappings of a configuration. */
    static IdMaps of(List<IdMapping> uidMappings, List<IdMapping> gidMappings) {
        IdMaps maps = new IdMaps();
        maps.uids.addAll(uidMappings);
        maps.gids.addAll(gidMappings);
        return maps;
    }

    /**
     * What follows {@code idmap=}: {@code uids=0-1000-1#1-2000-9;gids=0-1000-10}, each an id of the file system, the id shown, and how many.
     * With {@code @} in front the id shown is one of the container's user namespace.
     */
    static IdMaps parse(String text, @Nullable Linux linux) {
        IdMaps maps = new IdMaps();
        for (int start = 0; start <= text.length() && maps.problem == null; ) {
            int end = endOf(text, ';', start);
            maps.part(text.substring(start, end), linux);
            start = end + 1;
        }
        if (maps.problem == null && (maps.uids.isEmpty() || maps.gids.isEmpty())) {
            maps.problem = "it must have both uids= and gids=";
        }
        return maps;
    }

    /** What is wrong with how a mount asks for mapped ids, or null. */
    static @Nullable String problem(Mount mount, MountOptions options, @Nullable Linux linux) {
        boolean isCgroup = "cgroup".equals(mount.type()) || "cgroup2".equals(mount.type());
        boolean hasMappings = !mount.uidMappings().isEmpty();
        if (isCgroup && !options.isBind() && (options.idmap() != 0 || hasMappings)) {
            return "a cgroup file system cannot be id-mapped";
        }
        String ids = options.ids();
        if (ids == null) {
            return null;
        }
        if (hasMappings) {
            return "option \"idmap=" + ids + "\" and uidMappings exclude each other";
        }
        String wrong = parse(ids, linux).problem;
        return wrong == null ? null : "option \"idmap=" + ids + "\": " + wrong;
    }

    /** The content of {@code uid_map}. */
    String uids() {
        return lines(uids);
    }

    /** The content of {@code gid_map}. */
    String gids() {
        return lines(gids);
    }

    private static int endOf(String text, char end, int from) {
        int found = text.indexOf(end, from);
        return found < 0 ? text.length() : found;
    }

    private void part(String part, @Nullable Linux linux) {
        boolean isUids = part.startsWith("uids=");
        if (!isUids && !part.startsWith("gids=")) {
            problem = "\"" + part + "\" does not begin with uids= or gids=";
            return;
        }
        List<IdMapping> container = List.of();
        if (linux != null) {
            container = isUids ? linux.uidMappings() : linux.gidMappings();
        }
        for (int start = "uids=".length(); start <= part.length() && problem == null; ) {
            int end = endOf(part, '#', start);
            range(part.substring(start, end), isUids ? uids : gids, container);
            start = end + 1;
        }
    }

    private void range(String range, List<IdMapping> maps, List<IdMapping> container) {
        boolean relative = range.startsWith("@");
        int first = range.indexOf('-');
        int second = first < 0 ? -1 : range.indexOf('-', first + 1);
        long inside = second < 0 ? -1 : number(range.substring(relative ? 1 : 0, first));
        long shown = second < 0 ? -1 : number(range.substring(first + 1, second));
        long size = second < 0 ? -1 : number(range.substring(second + 1));
        if (inside < 0 || shown < 0 || size <= 0 || Math.max(inside, shown) + size > IDS) {
            problem = "\"" + range + "\" is not of the form 0-1000-1 (id of the file system, id shown, how many)";
            return;
        }
        if (relative) {
            shown = onHost(shown, size, container);
            if (shown < 0) {
                problem = "\"" + range + "\" is not within one mapping of /linux/uidMappings or /linux/gidMappings";
                return;
            }
        }
        IdMapping mapping = new IdMapping(inside, shown, size, Map.of());
        for (IdMapping other : maps) {
            if (mapping.overlaps(other)) {
                problem = "\"" + range + "\" maps an id that is mapped already";
            }
        }
        maps.add(mapping);
    }

    private static long onHost(long id, long size, List<IdMapping> container) {
        for (IdMapping mapping : container) {
            long offset = id - mapping.containerId();
            if (offset >= 0 && offset + size <= mapping.size()) {
                return mapping.hostId() + offset;
            }
        }
        return -1;
    }

    private static long number(String text) {
        long value = 0;
        for (int i = 0; i < text.length(); i++) {
            char digit = text.charAt(i);
            if (digit < '0' || digit > '9' || value > IDS) {
                return -1;
            }
            value = value * 10 + digit - '0';
        }
        return text.isEmpty() ? -1 : value;
    }

    /** The lines of {@code uid_map} or {@code gid_map}: user_namespaces(7). */
    static String lines(List<IdMapping> mappings) {
        StringBuilder lines = new StringBuilder();
        for (IdMapping mapping : mappings) {
            lines.append(mapping.containerId())
                    .append(' ')
                    .append(mapping.hostId())
                    .append(' ')
                    .append(mapping.size())
                    .append('\n');
        }
        return lines.toString();
    }
}
