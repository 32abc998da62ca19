// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import java.nio.file.Path;

/** What the build tells the tests. */
final class Settings {
    private Settings() {}

    private static Path path(String name) {
        String value = System.getProperty(name);
        if (value == null || value.isEmpty()) {
            throw new IllegalStateException(name + " is not set: run the tests by make test");
        }
        return Path.of(value).toAbsolutePath().normalize();
    }

    /** The built ipcell. */
    static Path ipcell() {
        return path("ipcell.dist").resolve("bin/ipcell");
    }

    /** The root file system that every image is made of. */
    static Path busybox() {
        return path("ipcell.rootfs.busybox");
    }

    /** The files that a user copies. */
    static Path examples() {
        return path("ipcell.examples");
    }

    /** How many containers a test under load makes. */
    static int load() {
        return Integer.getInteger("ipcell.load", 24);
    }
}
