// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.state;

import dev.ipcell.shim.Slot;
import dev.ipcell.spec.ContainerStatus;
import dev.ipcell.spec.State;

/**
 * A container as it is now.
 *
 * @param stored what is kept of it
 * @param status found out from its process, its FIFO and its freezer
 * @param directory its state directory's path
 * @param process its first process, opened, unless the container is stopped
 * @param isThisBoot whether it was created since the machine's last start
 * @param lock its state directory, opened and locked; {@link Slot#NONE} if it was only looked at
 */
public record FoundContainer(
        StoredContainer stored, ContainerStatus status, String directory, Slot process, boolean isThisBoot, Slot lock) {

    /** The state as it is now: a stopped container has no process. */
    public State state() {
        State state = stored.state();
        return new State(
                state.ociVersion(),
                state.id(),
                isStopped() ? 0 : state.pid(),
                status,
                state.bundle(),
                state.rootfs(),
                state.created(),
                state.annotations(),
                state.owner());
    }

    /** True if its first process has ended. */
    public boolean isStopped() {
        return status == ContainerStatus.STOPPED;
    }
}
