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

    /**
     * Waits for the task's end in any case. An interrupt of the calling thread is handed on to the task, which may make
     * of it what it likes; unless that is an {@link InterruptedException}, the caller is interrupted afterwards.
     */
    static <T> T run(Callable<T> task) throws Exception {
        return run(task, true);
    }

    /**
     * For tasks that throw nothing else that is checked. They make a few system calls and end soon; one that is
     * interrupted in the midst would leave behind what it has opened, so that an interrupt waits for it.
     */
    static <T> T runIo(Callable<T> task) throws IOException {
        try {
            return run(task, false);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError("the task throws no such thing", e);
        }
    }

    private static <T> T run(Callable<T> task, boolean interruptible) throws Exception {
        FutureTask<T> future = new FutureTask<>(task);
        Thread thread = Thread.ofPlatform().name("ipc-namespace").daemon(true).start(future);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return future.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                    if (interruptible) {
                        thread.interrupt();
                    }
                } catch (ExecutionException e) {
                    Exception cause = cause(e);
                    interrupted &= !(cause instanceof InterruptedException);
                    throw cause;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
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
