// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/**
 * What is sent to the executor in one message.
 *
 * @param program the parent's steps
 * @param isFinal true: the planner is released, the executor goes on alone
 * @param trace true: the result tells when each operation began and how long it took
 * @param fault a failure made on purpose, for tests
 */
public record Batch(Program program, boolean isFinal, boolean trace, Fault fault) {

    /** A batch whose result is waited for. */
    public static Batch of(Program program) {
        return new Batch(program, false, false, Fault.NONE);
    }

    /** The last batch. */
    public static Batch last(Program program) {
        return new Batch(program, true, false, Fault.NONE);
    }
}
