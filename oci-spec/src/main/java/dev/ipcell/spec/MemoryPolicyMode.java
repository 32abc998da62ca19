// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** NUMA memory policies (set_mempolicy(2)). */
public enum MemoryPolicyMode implements WireName {
    DEFAULT("MPOL_DEFAULT"),
    BIND("MPOL_BIND"),
    INTERLEAVE("MPOL_INTERLEAVE"),
    WEIGHTED_INTERLEAVE("MPOL_WEIGHTED_INTERLEAVE"),
    PREFERRED("MPOL_PREFERRED"),
    PREFERRED_MANY("MPOL_PREFERRED_MANY"),
    LOCAL("MPOL_LOCAL");

    private final String wire;

    MemoryPolicyMode(String wire) {
        this.wire = wire;
    }

    @Override
    public String wire() {
        return wire;
    }
}
