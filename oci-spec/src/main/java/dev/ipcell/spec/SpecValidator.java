// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import org.jspecify.annotations.Nullable;

/**
 * Judges whether a {@code config.json} whose fields were all read makes sense by itself. What depends on the machine
 * (does a path exist, is a namespace of the right type) is for the one who uses it.
 *
 * <p>Each check looks only at parts that were read without error, so no problem is reported twice.
 */
final class SpecValidator {
    private static final int LONGEST_HOSTNAME = 64; // __NEW_UTS_LEN

    private SpecValidator() {}

    static void check(Spec spec, Problems problems) {
        if (problems.sound("/ociVersion")) {
            version(spec.ociVersion(), problems);
        }
        if (problems.sound("/root/path") && spec.root().path().isEmpty()) {
            problems.error("/root/path", "must not be empty");
        }
        annotations(spec, problems);
        Process process = spec.process();
        if (process != null && problems.sound("/process")) {
            ProcessChecks.check(process, "/process", problems);
        }
        if (problems.sound("/hooks")) {
            HookChecks.check(spec.hooks(), problems);
        }
        Linux linux = spec.linux();
        if (problems.sound("/mounts") && problems.sound("/linux/namespaces")) {
            MountChecks.check(spec.mounts(), linux, problems);
        }
        utsName(spec.hostname(), "/hostname", linux, problems);
        utsName(spec.domainname(), "/domainname", linux, problems);
        if (linux != null) {
            LinuxChecks.check(linux, problems);
        }
    }

    private static void version(String version, Problems problems) {
        int[] numbers = versionNumbers(version);
        if (numbers.length != 3) {
            problems.error("/ociVersion", "must be a version such as 1.3.0, not " + Quoted.of(version));
        } else if (numbers[0] != 1) {
            problems.error(
                    "/ociVersion",
                    "version " + Quoted.of(version) + " of runtime-spec is not supported (supported: 1.x)");
        } else if (numbers[1] > 3) {
            problems.warning("/ociVersion", "version " + Quoted.of(version) + " of runtime-spec is newer than 1.3");
        }
    }

    /**
     * Major, minor and patch of a semantic version; pre-release and build parts are passed over. Empty if malformed.
     */
    private static int[] versionNumbers(String version) {
        int[] malformed = {};
        int[] numbers = new int[3];
        int at = 0;
        for (int part = 0; part < 3; part++) {
            int start = at;
            while (at < version.length() && version.charAt(at) >= '0' && version.charAt(at) <= '9') {
                numbers[part] = Math.min(numbers[part] * 10 + version.charAt(at) - '0', 100_000);
                at++;
            }
            boolean leadingZero = at - start > 1 && version.charAt(start) == '0';
            if (at == start || leadingZero || (part < 2 && (at == version.length() || version.charAt(at++) != '.'))) {
                return malformed;
            }
        }
        boolean ends = at == version.length() || version.charAt(at) == '-' || version.charAt(at) == '+';
        return ends ? numbers : malformed;
    }

    private static void annotations(Spec spec, Problems problems) {
        if (spec.annotations().containsKey("")) {
            problems.error("/annotations/", "the name of an annotation must not be empty");
        }
    }

    private static void utsName(@Nullable String name, String pointer, @Nullable Linux linux, Problems problems) {
        if (name == null || !problems.sound(pointer)) {
            return;
        }
        if (name.length() > LONGEST_HOSTNAME) {
            problems.error(pointer, "must not be longer than " + LONGEST_HOSTNAME + " characters");
        }
        if (problems.sound("/linux/namespaces") && lacks(linux, NamespaceType.UTS)) {
            problems.error(pointer, "needs an entry for the uts namespace in /linux/namespaces");
        }
    }

    /** Whether the container shares the runtime's own namespace of this type. */
    static boolean lacks(@Nullable Linux linux, NamespaceType type) {
        return linux == null || linux.namespace(type) == null;
    }

    /** Notes a path that should start at the root directory and does not. */
    static void absolute(String path, String pointer, Problems problems) {
        if (!path.startsWith("/")) {
            problems.error(pointer, "must be an absolute path, not " + Quoted.of(path));
        }
    }
}
