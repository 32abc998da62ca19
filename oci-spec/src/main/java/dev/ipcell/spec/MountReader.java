// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.ArrayList;
import java.util.List;

/** Reads {@code mounts}, and id mappings wherever they stand. */
final class MountReader {
    private MountReader() {}

    static List<Mount> mounts(List<ObjectReader> array) {
        List<Mount> mounts = new ArrayList<>(array.size());
        for (ObjectReader in : array) {
            mounts.add(new Mount(
                    in.requiredString("destination"),
                    in.string("type"),
                    in.string("source"),
                    in.strings("options"),
                    idMappings(in.objects("uidMappings")),
                    idMappings(in.objects("gidMappings")),
                    in.unknown()));
        }
        return List.copyOf(mounts);
    }

    static List<IdMapping> idMappings(List<ObjectReader> array) {
        List<IdMapping> mappings = new ArrayList<>(array.size());
        for (ObjectReader in : array) {
            mappings.add(new IdMapping(
                    in.requiredUint32("containerID"),
                    in.requiredUint32("hostID"),
                    in.requiredUint32("size"),
                    in.unknown()));
        }
        return List.copyOf(mappings);
    }
}
