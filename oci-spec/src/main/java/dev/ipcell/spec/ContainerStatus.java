// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** Where a container is in its life (runtime.md); {@code paused} is what engines know besides. */
public enum ContainerStatus implements WireName {
    CREATING("creating"),
    CREATED("created"),
    RUNNING("running"),
    PAUSED("paused"),
    STOPPED("stopped");

    private final String wire;

    ContainerStatus(String wire) {
        this.wire = wire;
    }

    @Override
    public String wire() {
        return wire;
    }
}
