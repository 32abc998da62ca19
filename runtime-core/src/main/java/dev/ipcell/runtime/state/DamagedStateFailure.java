// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.state;

import dev.ipcell.runtime.failure.Failure;

/** A container's state could be read, and does not make sense. */
public final class DamagedStateFailure extends Failure {
    private static final long serialVersionUID = 1L;

    DamagedStateFailure(String id, String why) {
        super("the state of container \"" + id + "\" is damaged: " + why + "; delete --force removes it");
    }
}
