// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Steps in the order in which one process carries them out. */
public final class Program {
    private final List<Step> steps = new ArrayList<>();

    /** A program without steps. */
    public Program() {}

    /** Appends a step that must succeed, and returns it, to ask the result for its value. */
    public Step add(String origin, Op op, Op... undo) {
        return add(Step.of(origin, op, undo));
    }

    /** Appends a step. */
    public Step add(Step step) {
        steps.add(step);
        return step;
    }

    /** The steps so far. */
    public List<Step> steps() {
        return Collections.unmodifiableList(steps);
    }
}
