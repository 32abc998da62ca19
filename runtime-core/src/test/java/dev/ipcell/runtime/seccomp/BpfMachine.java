// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.seccomp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Runs a filter as the kernel does: classic BPF on a {@code struct seccomp_data} (seccomp(2), net/core/filter.c). */
final class BpfMachine {
    private static final int DATA_SIZE = 64;
    private static final int ARGUMENTS = 16;

    private final ByteBuffer program;
    private int steps;

    BpfMachine(byte[] program) {
        this.program = ByteBuffer.wrap(program).order(ByteOrder.nativeOrder());
    }

    /** How many instructions the last run took. */
    int steps() {
        return steps;
    }

    /** What the filter says of this call: {@code SECCOMP_RET_*} with its data. */
    int run(int arch, int number, long... arguments) {
        ByteBuffer data = ByteBuffer.allocate(DATA_SIZE).order(ByteOrder.nativeOrder());
        data.putInt(0, number).putInt(4, arch);
        for (int i = 0; i < arguments.length; i++) {
            data.putLong(ARGUMENTS + 8 * i, arguments[i]);
        }
        int accumulator = 0;
        int at = 0;
        steps = 0;
        while (true) {
            int place = at * SeccompFilter.INSTRUCTION;
            if (place >= program.capacity()) {
                throw new AssertionError("the program is left at instruction " + at);
            }
            int code = program.getShort(place);
            int ifTrue = program.get(place + 2) & 0xff;
            int ifFalse = program.get(place + 3) & 0xff;
            int value = program.getInt(place + 4);
            at++;
            steps++;
            switch (code) {
                case 0x20 -> accumulator = data.getInt(value);
                case 0x54 -> accumulator &= value;
                case 0x05 -> at += value;
                case 0x15 -> at += accumulator == value ? ifTrue : ifFalse;
                case 0x25 -> at += Integer.compareUnsigned(accumulator, value) > 0 ? ifTrue : ifFalse;
                case 0x35 -> at += Integer.compareUnsigned(accumulator, value) >= 0 ? ifTrue : ifFalse;
                case 0x45 -> at += (accumulator & value) != 0 ? ifTrue : ifFalse;
                case 0x06 -> {
                    return value;
                }
                default -> throw new AssertionError("instruction " + at + " has code 0x" + Integer.toHexString(code));
            }
        }
    }
}
