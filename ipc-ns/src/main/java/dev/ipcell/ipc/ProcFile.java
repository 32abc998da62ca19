// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Files of the kernel's own making. Their size is 0, and what is below {@code /proc/sys} gives its value to the first
 * read only, as much of it as that asks for; {@link Files#readString} begins with a single byte there.
 */
final class ProcFile {
    private static final int FIRST_READ = 1 << 16;

    private ProcFile() {}

    static String read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] first = new byte[FIRST_READ];
            int length = Math.max(in.read(first), 0);
            return new String(first, 0, length, StandardCharsets.UTF_8)
                    + new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
