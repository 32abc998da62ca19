// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Kills an executor that stands still: a thread that waits for its answer cannot be interrupted. */
final class Watchdog implements AutoCloseable {
    private static final ScheduledExecutorService CLOCK = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().factory());

    private final Future<?> bite;

    Watchdog(SpawnedExecutor process, long millis) {
        bite = CLOCK.schedule(() -> kill(process), millis, TimeUnit.MILLISECONDS);
    }

    private static void kill(SpawnedExecutor process) {
        try {
            process.kill();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** True if it killed the executor. */
    boolean hasBitten() {
        return bite.isDone() && !bite.isCancelled();
    }

    @Override
    public void close() {
        bite.cancel(false);
    }
}
