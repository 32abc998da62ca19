// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** Execution domains (personality(2)). */
public enum PersonalityDomain implements WireName {
    LINUX("LINUX"),
    LINUX32("LINUX32");

    private final String wire;

    PersonalityDomain(String wire) {
        this.wire = wire;
    }

    @Override
    public String wire() {
        return wire;
    }
}
