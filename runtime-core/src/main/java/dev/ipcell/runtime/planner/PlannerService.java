// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.planner;

import dev.ipcell.runtime.cli.CommandLine;
import dev.ipcell.runtime.cli.Resident;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.WireException;
import dev.ipcell.shim.linux.Fd;
import dev.ipcell.shim.linux.UnixListener;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Takes calls off the socket and answers each in a thread of a bounded number. Nothing is kept from one call to the next. */
final class PlannerService implements Resident {
    /** Calls at a time; one more is refused, and goes the cold way. */
    static final int LIMIT = 64;

    /** A caller that says nothing is not waited for any longer; in milliseconds. */
    static final int HELLO_PATIENCE = 2000;

    private static final int TICK = 1000;
    private static final int STACK_BYTES = 512 << 10;
    private static final int THREAD_SECONDS = 30;
    private static final int BUFFER = 1 << 14;

    private final UnixListener listener;
    private final Identity identity;
    private final long idleNanos;
    private final long since = System.nanoTime();
    private final Latencies latencies = new Latencies();
    private final AtomicLong refused = new AtomicLong();
    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            0,
            LIMIT,
            THREAD_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            work -> new Thread(null, work, "call", STACK_BYTES));

    /**
     * A service on this socket.
     *
     * @param idleSeconds without a call for so long, {@link #serve} returns; 0: never
     */
    PlannerService(UnixListener listener, Identity identity, int idleSeconds) {
        this.listener = listener;
        this.identity = identity;
        this.idleNanos = TimeUnit.SECONDS.toNanos(idleSeconds);
    }

    /** Serves until it has been idle for long enough. */
    void serve() throws IOException {
        long lastCall = System.nanoTime();
        while (true) {
            @Nullable Fd caller = listener.accept(TICK);
            if (caller != null) {
                lastCall = System.nanoTime();
                take(caller);
            } else if (threads.getActiveCount() > 0) {
                lastCall = System.nanoTime();
            } else if (idleNanos > 0 && System.nanoTime() - lastCall > idleNanos) {
                return;
            }
        }
    }

    private void take(Fd caller) {
        try {
            threads.execute(() -> {
                try {
                    converse(caller);
                } finally {
                    close(caller);
                }
            });
        } catch (RejectedExecutionException full) {
            refuse(caller, "it is at its limit of " + LIMIT + " calls at a time");
            close(caller);
        }
    }

    private void converse(Fd caller) {
        try {
            @Nullable String objection = identity.objection(UnixListener.peer(caller));
            if (objection != null) {
                refuse(caller, objection);
                return;
            }
            UnixListener.timeout(caller, HELLO_PATIENCE);
            long start = System.nanoTime();
            InputStream in = new BufferedInputStream(caller.in(), BUFFER);
            Executor executor = new Executor(in, caller.socketOut());
            objection = identity.objection(executor.hello());
            if (objection == null) {
                objection = CommandLine.objection(executor.hello());
            }
            if (objection != null) {
                refuse(caller, objection);
                return;
            }
            UnixListener.timeout(caller, 0);
            CommandLine.serve(executor, this);
            latencies.add(System.nanoTime() - start);
        } catch (WireException nonsense) {
            refuse(caller, String.valueOf(nonsense.getMessage()));
        } catch (IOException gone) {
            // The caller went away, and has undone what there was; nobody is left to tell.
            refused.incrementAndGet();
        } catch (StackOverflowError | OutOfMemoryError tooLarge) {
            // This caller's own doing; it sees a planner that is lost.
            refused.incrementAndGet();
        }
    }

    private void refuse(Fd caller, String reason) {
        refused.incrementAndGet();
        try {
            Executor.refuse(caller.socketOut(), reason);
        } catch (IOException gone) {
            // Then it needs no reason.
        }
    }

    private static void close(Fd caller) {
        try {
            caller.close();
        } catch (IOException e) {
            throw new IllegalStateException("close(2) of a socket", e);
        }
    }

    @Override
    public long pid() {
        return ProcessHandle.current().pid();
    }

    @Override
    public String status() {
        Runtime runtime = Runtime.getRuntime();
        StringBuilder text = new StringBuilder();
        line(text, "pid", pid());
        line(text, "build", identity.buildId());
        line(text, "uptime seconds", TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - since));
        line(text, "requests", latencies.count());
        line(text, "refused or lost", refused.get());
        line(text, "in progress", threads.getActiveCount());
        line(text, "latency us, median", latencies.percentile(50));
        line(text, "latency us, 99 %", latencies.percentile(99));
        line(text, "heap KiB, used", (runtime.totalMemory() - runtime.freeMemory()) >> 10);
        line(text, "heap KiB, limit", runtime.maxMemory() >> 10);
        return text.toString();
    }

    private static void line(StringBuilder text, String name, Object value) {
        text.append(name).append(": ").append(value).append('\n');
    }
}
