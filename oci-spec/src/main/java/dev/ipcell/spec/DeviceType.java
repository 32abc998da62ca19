// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** The kinds of node that mknod(1) makes; {@code u} is another name for a character device. */
public enum DeviceType implements WireName {
    CHARACTER("c"),
    BLOCK("b"),
    UNBUFFERED("u"),
    FIFO("p");

    private final String wire;

    DeviceType(String wire) {
        this.wire = wire;
    }

    @Override
    public String wire() {
        return wire;
    }
}
