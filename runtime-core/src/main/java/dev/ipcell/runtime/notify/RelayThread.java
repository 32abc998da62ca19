// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.notify;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.ChildFacts;

/** Relays while the executor, which goes on alone, stays with the container. */
public final class RelayThread extends Thread {
    private final NotifyRelay relay;
    private final ChildFacts container;
    private final int mainPid;

    /**
     * A thread for this relay, which listens already.
     *
     * @param mainPid the process that the service manager is to watch
     */
    public RelayThread(NotifyRelay relay, ChildFacts container, int mainPid) {
        this.relay = relay;
        this.container = container;
        this.mainPid = mainPid;
    }

    @Override
    public void run() {
        try {
            if (relay.awaitReady(container)) {
                relay.tell(mainPid);
                relay.barrier(container);
            }
        } catch (Failure nobodyHears) {
            // The container runs, and the service manager is gone: this is all that is left to do.
            System.err.println(nobodyHears.getMessage());
        } finally {
            relay.close();
        }
    }

    /** Waits for its end. */
    public void await() {
        NotifyRelay.join(this);
    }
}
