// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.planner;

import dev.ipcell.runtime.cli.CommandLine;
import dev.ipcell.runtime.cli.Resident;
import dev.ipcell.runtime.launch.EmptyMounts;
import dev.ipcell.runtime.launch.EmptyNamespace;
import dev.ipcell.runtime.launch.PlannerMemory;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.PlanFailure;
import dev.ipcell.shim.WireException;
import dev.ipcell.shim.linux.Connection;
import dev.ipcell.shim.linux.Fd;
import dev.ipcell.shim.linux.UnixListener;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Takes calls off the socket and answers each in a thread of a bounded number. Nothing is kept from one call to the next but what is found
 * by its content.
 */
final class PlannerService implements Resident, Workers.Work {
    /** Calls at a time; one more is refused, and goes the cold way. */
    static final int LIMIT = 64;

    /** A caller that says nothing is not waited for any longer; in milliseconds. */
    static final int HELLO_PATIENCE = 2000;

    private static final int BUFFER = 1 << 15;
    private static final int DRAIN_STEP = 5;
    private static final int MOST_TRIES = 3;

    /** A configuration of 8 MiB takes less than a second. */
    private static final long STANDS_STILL_MILLIS = 5000;

    private final UnixListener listener;
    private final Identity identity;
    private final long idleNanos;
    private final long since = System.nanoTime();
    private final Latencies latencies = new Latencies();
    private final AtomicLong refused = new AtomicLong();
    private final LargeCalls largeCalls = new LargeCalls(STANDS_STILL_MILLIS);
    private final HeapRoom heap = new HeapRoom();
    private final PlannerMemory memory = new PlannerMemory();
    private final Path handOver;
    private final AtomicBoolean preparing = new AtomicBoolean();
    private final AtomicInteger failures = new AtomicInteger();
    private final Workers workers = new Workers(this, LIMIT);
    private volatile long lastCall = System.nanoTime();

    /**
     * A service on this socket.
     *
     * @param handOver a path for a socket, at which a caller's executor hands something over
     * @param idleSeconds without a call for so long, {@link #serve} returns; 0: never
     */
    PlannerService(UnixListener listener, Identity identity, Path handOver, int idleSeconds) {
        this.listener = listener;
        this.identity = identity;
        this.handOver = handOver;
        this.idleNanos = TimeUnit.SECONDS.toNanos(idleSeconds);
    }

    /** Waits until all callers have their answers, but no longer than this. */
    void drain(int millis) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (workers.serving() > 0 && System.nanoTime() < end) {
            Thread.sleep(DRAIN_STEP);
        }
    }

    /** Serves until it has been idle for long enough. */
    void run() throws IOException {
        workers.run();
    }

    @Override
    public @Nullable Fd next() throws IOException {
        @Nullable Fd caller = listener.accept();
        if (caller != null || workers.serving() > 0) {
            lastCall = System.nanoTime();
        }
        return caller;
    }

    @Override
    public boolean isOver() {
        return idleNanos > 0 && System.nanoTime() - lastCall > idleNanos;
    }

    @Override
    public void refuse(Fd caller) {
        refuse(caller.socketOut(), "it is at its limit of " + LIMIT + " calls at a time");
        close(caller);
    }

    @Override
    public void serve(Fd caller) {
        Connection connection = new Connection(caller, BUFFER);
        LargeCalls.Turn turn = largeCalls.turn();
        try {
            converse(caller, connection, turn);
        } finally {
            close(connection);
            turn.end();
        }
    }

    @Override
    public void rest() {
        heap.giveBack();
    }

    private void converse(Fd caller, Connection connection, LargeCalls.Turn turn) {
        try {
            @Nullable String objection = identity.objection(UnixListener.peer(caller));
            if (objection != null) {
                refuse(connection.out(), objection);
                return;
            }
            connection.bePatientFor(HELLO_PATIENCE);
            long start = System.nanoTime();
            Executor executor = new Executor(connection.in(), connection.out(), turn);
            objection = identity.objection(executor.hello());
            if (objection == null) {
                objection = CommandLine.objection(executor.hello());
            }
            if (objection != null) {
                refuse(connection.out(), objection);
                return;
            }
            connection.bePatient();
            turn.mayWait();
            CommandLine.serve(executor, this);
            latencies.add(System.nanoTime() - start);
        } catch (WireException nonsense) {
            refuse(connection.out(), String.valueOf(nonsense.getMessage()));
        } catch (IOException gone) {
            // The caller went away, and has undone what there was; nobody is left to tell.
            refused.incrementAndGet();
        } catch (StackOverflowError | OutOfMemoryError tooLarge) {
            // This caller's own doing; it sees a planner that is lost.
            refused.incrementAndGet();
        }
    }

    private void refuse(OutputStream caller, String reason) {
        refused.incrementAndGet();
        try {
            Executor.refuse(caller, reason);
        } catch (IOException gone) {
            // Then it needs no reason.
        }
    }

    private static void close(AutoCloseable caller) {
        try {
            caller.close();
        } catch (Exception e) {
            throw new IllegalStateException("close(2) of a socket", e);
        }
    }

    @Override
    public long pid() {
        return ProcessHandle.current().pid();
    }

    /** The first caller that can makes the empty mount namespace; without one launches copy their caller's mounts. */
    @Override
    public void prepare(Executor executor) throws PlanFailedException {
        if (memory.emptyMounts() != null
                || failures.get() >= MOST_TRIES
                || !EmptyNamespace.canBeMadeBy(executor)
                || !memory.sees(executor.hello().root())
                || !preparing.compareAndSet(false, true)) {
            return;
        }
        try {
            if (memory.emptyMounts() != null) {
                return; // while we looked
            }
            Fd kept = new EmptyNamespace(executor, handOver).make(); // for as long as we are there
            memory.emptyMounts(new EmptyMounts("/proc/" + pid() + "/fd/" + kept.number(), kept.id()));
        } catch (PlanFailedException failed) {
            if (failed.failure().kind() == PlanFailure.Kind.SIGNAL) {
                throw failed;
            }
            failures.incrementAndGet();
        } catch (IOException | IllegalArgumentException failed) {
            failures.incrementAndGet(); // If the executor has gone, the call finds that out by itself; or the path is
            // too long.
        } finally {
            preparing.set(false);
        }
    }

    @Override
    public PlannerMemory memory() {
        return memory;
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
        line(text, "in progress", workers.serving());
        line(text, "latency us, median", latencies.percentile(50));
        line(text, "latency us, 99 %", latencies.percentile(99));
        line(text, "configurations read before", memory.hits());
        EmptyMounts kept = memory.emptyMounts();
        line(text, "empty mount namespace", kept == null ? "none" : kept.id().ino());
        line(text, "heap KiB, used", (runtime.totalMemory() - runtime.freeMemory()) >> 10);
        line(text, "heap KiB, limit", runtime.maxMemory() >> 10);
        return text.toString();
    }

    private static void line(StringBuilder text, String name, Object value) {
        text.append(name).append(": ").append(value).append('\n');
    }
}
