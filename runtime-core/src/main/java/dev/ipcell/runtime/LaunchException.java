// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import java.util.List;

/** A container could not be launched, and nothing of it is left. */
public final class LaunchException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;
    private final int exitCode;

    LaunchException(List<String> problems, int exitCode) {
        super(String.join("\n", problems));
        this.problems = List.copyOf(problems);
        this.exitCode = exitCode;
    }

    /** Each finding in one line, with where in the configuration it comes from. */
    public List<String> problems() {
        return problems;
    }

    /** What the command line would exit with: 127 for a command that is not there, 126 for one that cannot be executed, else 1. */
    public int exitCode() {
        return exitCode;
    }
}
