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
     * A slot that nobody else uses or has used.
     *
     * @param name what people read in the plan
     * @throws IllegalStateException if the executor has no more slots
     */
    public Slot open(String name) {
        if (next == Slot.COUNT) {
            throw new IllegalStateException("the plan needs more than " + Slot.COUNT + " slots");
        }
        return new Slot(next++, name);
    }

    /**
     * A slot for the time until it is {@linkplain #release released}; filling it closes what its last user left there.
     *
     * <p>Only for the child's program: the parent's operations all run before the child's, so a slot that the child has done with is
     * not free for the parent.
     */
    public Slot scratch(String name) {
        Integer again = released.poll();
        return again == null ? open(name) : new Slot(again, name);
    }

    /** Gives a {@linkplain #scratch scratch} slot back. */
    public void release(Slot slot) {
        released.push(slot.number());
    }
}
