// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.Hello;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** This process's own root directory. */
final class OwnRoot {
    private OwnRoot() {}

    /** Null if it cannot be told. */
    static Hello.@Nullable Root find() {
        try {
            long dev = ((Number) Files.getAttribute(Path.of("/"), "unix:dev")).longValue();
            long ino = ((Number) Files.getAttribute(Path.of("/"), "unix:ino")).longValue();
            return new Hello.Root(dev, ino, mount(Files.readAllLines(Path.of("/proc/self/mountinfo"))));
        } catch (IOException | NumberFormatException unknown) {
            return null;
        }
    }

    /** The number of the mount that is seen at the root: the last one there; 0 if there is none. */
    static long mount(List<String> mountinfo) {
        long mount = 0;
        for (String line : mountinfo) {
            String[] fields = line.split(" ", 6);
            if (fields.length == 6 && fields[4].equals("/")) {
                mount = Long.parseLong(fields[0]);
            }
        }
        return mount;
    }
}
