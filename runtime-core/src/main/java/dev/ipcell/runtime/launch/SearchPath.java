// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import java.util.ArrayList;
import java.util.List;

/** Where a command may be found, in the order of execvp(3). */
final class SearchPath {
    /** What a process without a PATH searches. */
    static final String DEFAULT = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private SearchPath() {}

    /** The paths to try for a command; just itself if it has a slash or is empty. */
    static List<String> candidates(String command, String path) {
        if (command.indexOf('/') >= 0 || command.isEmpty()) {
            return List.of(command);
        }
        List<String> candidates = new ArrayList<>();
        for (String directory : path.split(":", -1)) {
            candidates.add(directory.isEmpty() ? "./" + command : directory + "/" + command);
        }
        return candidates;
    }
}
