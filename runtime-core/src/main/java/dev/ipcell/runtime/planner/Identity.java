// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.planner;

import dev.ipcell.shim.Hello;
import dev.ipcell.shim.NamespaceId;
import dev.ipcell.shim.linux.Fd;
import dev.ipcell.shim.linux.Processes;
import dev.ipcell.shim.linux.UnixListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whom this planner serves: its own build's executors, of its own user (root: of root), that see the same mounts, users and processes.
 * Anybody else is sent the cold way.
 */
final class Identity {
    private static final List<String> SAME = List.of("mnt", "user", "pid");

    private final String buildId;
    private final int uid;
    private final List<NamespaceId> namespaces = new ArrayList<>();

    /**
     * This process, as a planner of that build.
     *
     * @throws IOException if /proc does not show our namespaces
     */
    Identity(String buildId) throws IOException {
        this.buildId = buildId;
        this.uid = Processes.effectiveUid();
        for (String name : SAME) {
            try (Fd file = Fd.open(Path.of("/proc/self/ns", name), Fd.O_RDONLY)) {
                namespaces.add(file.id());
            }
        }
    }

    String buildId() {
        return buildId;
    }

    /** Why this peer is not even listened to; null if it is. */
    @Nullable
    String objection(UnixListener.Peer peer) {
        return peer.uid() == uid ? null : "it serves uid " + uid + " only";
    }

    /** Why this caller is not served; null if it is. */
    @Nullable
    String objection(Hello hello) {
        if (!hello.buildId().equals(buildId)) {
            return "it is of build " + buildId;
        }
        for (int i = 0; i < SAME.size(); i++) {
            if (!hello.namespace(SAME.get(i)).equals(namespaces.get(i))) {
                return "it is in another " + SAME.get(i) + " namespace";
            }
        }
        return null;
    }
}
