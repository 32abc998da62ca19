// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import dev.ipcell.shim.SpawnedExecutor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** A container that this program launched. Closing it kills a container that still runs, and waits until everything of it is gone. */
public final class EmbeddedContainer implements AutoCloseable {
    private final String id;
    private final SpawnedExecutor process;

    EmbeddedContainer(String id, SpawnedExecutor process) {
        this.id = id;
        this.process = process;
    }

    /** The container's ID. */
    public String id() {
        return id;
    }

    /** What the container reads as standard input. */
    public OutputStream stdin() {
        return process.stdin();
    }

    /** What the container writes to standard output. */
    public InputStream stdout() {
        return process.stdout();
    }

    /** What the container writes to standard error. */
    public InputStream stderr() {
        return process.stderr();
    }

    /** Waits for the container's end and returns its status, 128 + n if signal n ended it. */
    public int waitFor() throws IOException {
        return process.waitFor();
    }

    /** Has the container's first process get SIGTERM. */
    public void terminate() {
        ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroy);
    }

    @Override
    public void close() throws IOException {
        process.kill();
        process.waitFor();
        // If the container still ran, the guardian now takes it down; it holds our pipes until that is done.
        process.stdout().transferTo(OutputStream.nullOutputStream());
        process.close();
    }
}
