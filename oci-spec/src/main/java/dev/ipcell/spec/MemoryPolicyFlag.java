// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** Flags of a NUMA memory policy (set_mempolicy(2)). */
public enum MemoryPolicyFlag implements WireName {
    NUMA_BALANCING("MPOL_F_NUMA_BALANCING"),
    RELATIVE_NODES("MPOL_F_RELATIVE_NODES"),
    STATIC_NODES("MPOL_F_STATIC_NODES");

    private final String wire;

    MemoryPolicyFlag(String wire) {
        this.wire = wire;
    }

    @Override
    public String wire() {
        return wire;
    }
}
