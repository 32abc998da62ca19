// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.failure;

import java.util.List;

/** A command cannot do what was asked; the caller reads the lines, each on its own complete. */
public class Failure extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<String> lines;
    private final int exitCode;

    /** A failure of several findings, for a caller that should see all at once. */
    public Failure(int exitCode, List<String> lines) {
        super(String.join("\n", lines), null, false, false);
        this.lines = List.copyOf(lines);
        this.exitCode = exitCode;
    }

    /** A failure with exit code 1. */
    public Failure(String line) {
        this(1, List.of(line));
    }

    /** What to tell, a line each. */
    public List<String> lines() {
        return lines;
    }

    /** What the executor exits with. */
    public int exitCode() {
        return exitCode;
    }
}
