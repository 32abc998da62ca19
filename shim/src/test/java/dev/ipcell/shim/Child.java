// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A child of the executor, in the slot that the tests have for it. */
record Child(int pid) {
    static final Slot SLOT = new Slot(3, "child");

    /** The point at which a {@linkplain #waiting waiting} child is. */
    static final int READY = 1;

    /** Until a {@linkplain #waiting waiting} child is there. */
    static final Op AWAITED = new ProcessOp.AwaitChild(SLOT, READY);

    private static final String ORIGIN = "the child's part of a test";

    /** A child that does this and ends. */
    static ProcessOp.Clone of(int flags, Op... ops) {
        return new ProcessOp.Clone(SLOT, flags, Slot.NONE, "child", program(ops));
    }

    /** A child that does this and waits, to be looked at. */
    static ProcessOp.Clone waiting(int flags, Op... ops) {
        ProcessOp.Clone clone = of(flags, ops);
        clone.program().add(ORIGIN, new ChildOp.SyncPoint(READY));
        clone.program().add(ORIGIN, new ChildOp.AwaitParent(READY));
        return clone;
    }

    /** A child that becomes a shell which runs this. */
    static ProcessOp.Clone shell(String script) {
        return of(0, exec("/bin/sh", "-c", script));
    }

    static ChildOp.Exec exec(String... argv) {
        return new ChildOp.Exec(List.of(argv), List.of("PATH=/usr/bin:/bin"), List.of(argv[0]), 0);
    }

    static Program program(Op... ops) {
        Program program = new Program();
        for (Op op : ops) {
            program.add(ORIGIN, op);
        }
        return program;
    }

    /** Has a {@linkplain #waiting waiting} child made. */
    static Child start(ExecutorUnderTest executor, int flags, Op... ops) throws IOException {
        return new Child(executor.run(waiting(flags, ops), AWAITED).number(0));
    }

    /** How the child's part goes wrong. */
    static String failure(ExecutorUnderTest executor, int flags, Op... ops) throws IOException {
        return executor.failure(waiting(flags, ops), AWAITED);
    }

    Path proc(String name) {
        return Path.of("/proc/" + pid, name);
    }

    /** A line of {@code /proc/PID/status}. */
    String status(String key) throws IOException {
        for (String line : Files.readAllLines(proc("status"))) {
            if (line.startsWith(key + ":")) {
                return line.substring(key.length() + 1).strip();
            }
        }
        throw new AssertionError("no " + key);
    }
}
