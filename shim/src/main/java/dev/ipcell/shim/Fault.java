// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/**
 * A failure made on purpose just before an operation, so that tests can see what is left behind.
 *
 * @param opId the operation's number in the conversation, from 1; 0 for none
 * @param action what happens there
 * @param errno the error for {@link Action#FAIL}
 */
public record Fault(int opId, Action action, int errno) {

    /** What a {@link PlanFailure} names in the place of a system call. */
    public static final String CALL = "fault";

    /** No failure. */
    public static final Fault NONE = new Fault(0, Action.NONE, 0);

    /** What happens at the operation; the numbers are those of {@code fault_action} in {@code ops.h}. */
    public enum Action {
        /** Nothing. */
        NONE(0),
        /** The operation fails without being tried. */
        FAIL(1),
        /** The executor is killed. */
        KILL_EXECUTOR(2),
        /** The planner is killed. */
        KILL_PLANNER(3),
        /** The executor stops (SIGSTOP) until somebody lets it go on. Only for operations of the executor itself. */
        STOP_EXECUTOR(4);

        private final int wire;

        Action(int wire) {
            this.wire = wire;
        }

        int wire() {
            return wire;
        }
    }
}
