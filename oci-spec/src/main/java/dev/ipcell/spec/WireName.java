// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/** A constant that has a fixed name in the JSON documents. */
public interface WireName {
    /** The name in JSON, as runtime-spec writes it. */
    String wire();
}
