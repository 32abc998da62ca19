// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.util.ArrayDeque;
import java.util.Deque;

/** Hands out the executor's slots for one conversation. */
public final class Slots {
    private final Deque<Integer> released = new ArrayDeque<>();
    private int next;

    /** All slots free. */
    public Slots() {}

    /**
     * A slot nobody else uses.
     *
     * @param name what people read in the plan
     * @throws IllegalStateException if the executor has no more slots
     */
    public Slot open(String name) {
        Integer again = released.poll();
        if (again != null) {
            return new Slot(again, name);
        }
        if (next == Slot.COUNT) {
            throw new IllegalStateException("the plan needs more than " + Slot.COUNT + " slots");
        }
        return new Slot(next++, name);
    }

    /** Gives a slot back for reuse by later operations; the executor closes the old descriptor when it is filled anew. */
    public void release(Slot slot) {
        released.push(slot.number());
    }
}
