// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

/** What {@code ipcell --version} prints, in the form that engines read. */
final class Version {
    static final String NUMBER = "0.1.0";
    static final String SPEC = "1.3.0";

    private Version() {}

    static String text(String buildId) {
        return "ipcell version " + NUMBER + "\ncommit: " + buildId + "\nspec: " + SPEC + "\njava: " + Runtime.version()
                + "\n";
    }
}
