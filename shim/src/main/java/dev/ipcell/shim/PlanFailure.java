// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a plan did not go through; when this is told, the executor has already run the undo operations.
 *
 * @param kind what happened
 * @param step the step that failed, or null if it was not a step
 * @param opId its number in the conversation
 * @param errno the error number; for {@link Kind#SIGNAL} the signal
 * @param call the system call that failed
 * @param detail what it was done to, or what the kernel said about it; may be empty
 * @param inChild true if the child carried it out
 * @param leftBehind what could not be undone, in words
 */
@SuppressWarnings("exports") // an annotation that callers need not have
public record PlanFailure(
        Kind kind,
        @Nullable Step step,
        int opId,
        int errno,
        String call,
        String detail,
        boolean inChild,
        List<String> leftBehind) {

    /** The kinds, numbered as {@code result_status} in {@code ops.h}. */
    public enum Kind {
        /** An operation failed. */
        OPERATION,
        /** The batch was not understood: planner and executor disagree. */
        MALFORMED,
        /** A signal asked the executor to end. */
        SIGNAL;

        static Kind of(int status) {
            return switch (status) {
                case 1 -> OPERATION;
                case 2 -> MALFORMED;
                case 3 -> SIGNAL;
                default -> throw new WireException("result status " + status);
            };
        }
    }
}
