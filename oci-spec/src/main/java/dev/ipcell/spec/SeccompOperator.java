// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** How an argument of a system call is compared (libseccomp). */
public enum SeccompOperator implements WireName {
    NOT_EQUAL("SCMP_CMP_NE"),
    LESS("SCMP_CMP_LT"),
    LESS_OR_EQUAL("SCMP_CMP_LE"),
    EQUAL("SCMP_CMP_EQ"),
    GREATER_OR_EQUAL("SCMP_CMP_GE"),
    GREATER("SCMP_CMP_GT"),
    MASKED_EQUAL("SCMP_CMP_MASKED_EQ");

    private final String wire;

    SeccompOperator(String wire) {
        this.wire = wire;
    }

    @Override
    public String wire() {
        return wire;
    }
}
