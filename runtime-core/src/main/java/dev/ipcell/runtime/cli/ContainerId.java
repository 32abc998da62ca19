// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;

/** The rule for container IDs, which is runc's: letters, digits, and {@code _ + - .}; neither {@code .} nor {@code ..}. */
final class ContainerId {
    /** NAME_MAX: the ID becomes a file name. */
    private static final int LONGEST = 255;

    private ContainerId() {}

    static String checked(String id) throws Failure {
        boolean valid = !id.isEmpty() && id.length() <= LONGEST && !id.equals(".") && !id.equals("..");
        for (int i = 0; valid && i < id.length(); i++) {
            char c = id.charAt(i);
            valid = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == '_'
                    || c == '+'
                    || c == '-'
                    || c == '.';
        }
        if (!valid) {
            throw new Failure("invalid container ID format: \"" + id
                    + "\": 1 to 255 letters, digits, and the characters _ + - . are allowed");
        }
        return id;
    }
}
