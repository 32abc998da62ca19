// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import dev.ipcell.runtime.cli.CommandLine;
import dev.ipcell.shim.Executor;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * What the executor's JVM runs: answers one call, over the socket that is its standard input, and ends.
 *
 * <p>Plain streams on the descriptor, because channels would load hundreds of classes more.
 */
public final class Planner {
    private Planner() {}

    /** The JVM's entry; takes no arguments. */
    public static void main(String[] args) {
        int code = 0;
        try {
            // Not closed: that would load two classes more, and the end of the process does it.
            serve(new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.in));
        } catch (IOException gone) {
            // Nobody is left to tell; the executor, or its guardian, has undone what there was.
            code = 1;
        }
        // The executor goes on as soon as it has the last batch; nothing here is worth an orderly end.
        Runtime.getRuntime().halt(code);
    }

    /** Answers the call of the executor at the other end; also what the AOT cache is trained with. */
    static void serve(InputStream in, OutputStream out) throws IOException {
        CommandLine.serve(new Executor(in, out));
    }
}
