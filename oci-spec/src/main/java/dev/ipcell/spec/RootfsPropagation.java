// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/**
 * How mounts propagate to and from the root mount (mount_namespaces(7)). The recursive forms are not in the
 * specification's list, but engines write them and every runtime takes them.
 */
public enum RootfsPropagation implements WireName {
    PRIVATE("private"),
    SHARED("shared"),
    SLAVE("slave"),
    UNBINDABLE("unbindable"),
    RPRIVATE("rprivate"),
    RSHARED("rshared"),
    RSLAVE("rslave"),
    RUNBINDABLE("runbindable");

    private final String wire;

    RootfsPropagation(String wire) {
        this.wire = wire;
    }

    @Override
    public String wire() {
        return wire;
    }
}
