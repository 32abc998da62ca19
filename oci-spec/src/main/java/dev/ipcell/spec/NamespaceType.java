// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** The kinds of Linux namespace that runtime-spec knows (config-linux.md, namespaces(7)). */
public enum NamespaceType implements WireName {
    MOUNT("mount"),
    PID("pid"),
    NETWORK("network"),
    UTS("uts"),
    IPC("ipc"),
    USER("user"),
    CGROUP("cgroup"),
    TIME("time");

    private final String wire;

    NamespaceType(String wire) {
        this.wire = wire;
    }

    @Override
    public String wire() {
        return wire;
    }
}
