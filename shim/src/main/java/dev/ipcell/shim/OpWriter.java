// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.util.List;

/** Takes an operation's fields, one method for each letter of the field table in {@code ops.h}. */
public interface OpWriter {

    /** Letter {@code u}. */
    OpWriter u32(int value);

    /** Letter {@code q}. */
    OpWriter u64(long value);

    /** Letter {@code o}: a slot that the operation fills. */
    OpWriter fills(Slot slot);

    /** Letter {@code i}: a slot that the operation reads. */
    OpWriter reads(Slot slot);

    /**
     * Letter {@code s}.
     *
     * @throws IllegalArgumentException if the text holds a NUL, which no path or name in Linux can
     */
    OpWriter string(String value);

    /** Letter {@code b}. */
    OpWriter bytes(byte[] value);

    /** Letter {@code l}. */
    OpWriter strings(List<String> values);

    /** Letter {@code p}: the child's program. */
    OpWriter program(Program program);
}
