// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/** A plan did not go through, and what it had done is undone. */
public final class PlanFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient PlanFailure failure;

    /** An exception that carries the failure. */
    public PlanFailedException(PlanFailure failure) {
        super(failure.call(), null, false, false);
        this.failure = failure;
    }

    /** What failed. */
    public PlanFailure failure() {
        return failure;
    }
}
