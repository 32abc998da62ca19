// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** The kinds of device a rule of the device controller speaks of. */
public enum DeviceRuleType implements WireName {
    ALL("a"),
    CHARACTER("c"),
    BLOCK("b");

    private final String wire;

    DeviceRuleType(String wire) {
        this.wire = wire;
    }

    @Override
    public String wire() {
        return wire;
    }
}
