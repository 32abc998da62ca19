// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Runs something on a platform thread of its own. setns(2) and unshare(2) change one thread of the kernel for good, so
 * it must be one that ends, and no carrier of virtual threads.
 */
final class IpcThread {
    private IpcThread() {}

    static <T> T run(Callable<T> task) throws Exception {
        FutureTask<T> future = new FutureTask<>(task);
        Thread.ofPlatform().name("ipc-namespace").daemon(true).start(future);
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw cause(e);
        }
    }

    /** For tasks that throw nothing else that is checked. */
    static <T> T runIo(Callable<T> task) throws IOException {
        try {
            return run(task);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IpcException("interrupted");
        } catch (Exception e) {
            throw new AssertionError("the task throws no such thing", e);
        }
    }

    private static Exception cause(ExecutionException e) {
        Throwable cause = e.getCause();
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof Exception exception ? exception : e;
    }
}
