// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.util.List;

/**
 * An operation at its place in a plan.
 *
 * @param op what to do
 * @param origin what caused it: a JSON pointer into {@code config.json}, a command-line option, or a few words; never empty
 * @param optional true: a failure is reported with the batch's values and the plan goes on; its undo may fail too
 * @param undo what takes it back, should the plan fail later; run in this order
 */
public record Step(Op op, String origin, boolean optional, List<Op> undo) {

    /** A step that must succeed. */
    public static Step of(String origin, Op op, Op... undo) {
        return new Step(op, origin, false, List.of(undo));
    }

    /** A step that may fail: the batch's result tells. */
    public static Step optional(String origin, Op op, Op... undo) {
        return new Step(op, origin, true, List.of(undo));
    }
}
