// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.seccomp;

import java.io.File;
import java.io.IOException;

/**
 * The file of libseccomp. It is found here and loaded by its path, so that the one that a cached filter is attributed to is the one
 * that compiled it.
 */
final class SeccompLibrary {
    private static final String NAME = "libseccomp.so.2";

    private SeccompLibrary() {}

    /** The library of this machine. */
    static File find() throws SeccompRefusal {
        String multiarch = multiarch(System.getProperty("os.arch", ""));
        return find("/usr/lib/" + multiarch, "/lib/" + multiarch, "/usr/lib64", "/lib64", "/usr/lib", "/lib");
    }

    /** The library in the first of these directories that has it. */
    static File find(String... directories) throws SeccompRefusal {
        for (String directory : directories) {
            File file = new File(directory, NAME);
            if (file.isFile()) {
                return file;
            }
        }
        throw new SeccompRefusal(
                ProfileChecks.AT,
                "needs " + NAME + ", which is in none of " + String.join(", ", directories)
                        + "; install the package libseccomp2 (apt install libseccomp2)");
    }

    /** What tells this file from another version of it. */
    static String identity(File file) throws SeccompRefusal {
        try {
            return file.getCanonicalPath() + " " + file.length() + " " + file.lastModified();
        } catch (IOException e) {
            throw new SeccompRefusal(ProfileChecks.AT, "cannot find out what " + file + " is: " + e.getMessage());
        }
    }

    private static String multiarch(String arch) {
        return switch (arch) {
            case "amd64" -> "x86_64-linux-gnu";
            case "ppc64le" -> "powerpc64le-linux-gnu";
            default -> arch + "-linux-gnu";
        };
    }
}
