// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.seccomp;

import dev.ipcell.shim.linux.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A classic BPF program to stand before a filter: system calls with a higher number than any that the profile knows return ENOSYS, on
 * each architecture of its own; all else goes on to the filter.
 */
final class EnosysStub {
    /** {@code SECCOMP_RET_ERRNO}. */
    static final int RET_ERRNO = 0x0005_0000;

    private static final int X86_64 = 0xc000003e;
    /** libseccomp's token only: to the kernel these are calls of x86-64 with a bit set in the number. */
    private static final int X32 = 0x4000003e;

    private static final int X32_BIT = 0x4000_0000;
    private static final int ARM = 0x40000028;
    /** {@code __ARM_NR_BASE}: a handful of calls high above the table. */
    private static final int ARM_PRIVATE = 0x0f0000;

    private static final int S390 = 0x16;
    private static final int S390X = 0x80000016;
    /** On s390 an unknown call with a number too big for the instruction that makes it arrives as this one, long gone. */
    private static final int S390_SETUP = 0;

    private static final int NONE = -1; // no number, unsigned, is greater

    private static final short LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private static final short JUMP = 0x05; // BPF_JMP | BPF_JA
    private static final short IF_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    private static final short IF_GREATER = 0x25;
    private static final short IF_AT_LEAST = 0x35;
    private static final short IF_ANY_BIT = 0x45;
    private static final short RETURN = 0x06;
    private static final int NUMBER = 0; // offsets in struct seccomp_data
    private static final int ARCH = 4;

    private final Map<Integer, Integer> highest = new LinkedHashMap<>();

    /** Notes that the profile knows this call; a negative number is none of that architecture. */
    void knows(int arch, int number) {
        if (number < 0 || (arch == ARM && number >= ARM_PRIVATE)) {
            return;
        }
        Integer before = highest.get(arch);
        if (before == null || number > before) {
            highest.put(arch, number);
        }
    }

    /** The program, in this machine's byte order; empty if there is no architecture of which a call is known. */
    byte[] encode() {
        int x86 = highest.getOrDefault(X86_64, NONE);
        int x32 = highest.getOrDefault(X32, NONE);
        Assembler code = new Assembler(length());
        if (code.end == 0) {
            return new byte[0];
        }
        code.add(LOAD, 0, 0, ARCH);
        if (x86 != NONE || x32 != NONE) {
            x86(code, x86, x32);
        }
        for (Map.Entry<Integer, Integer> entry : highest.entrySet()) {
            int arch = entry.getKey();
            switch (arch) {
                case X86_64, X32 -> {}
                case ARM -> arm(code, entry.getValue());
                case S390, S390X -> s390(code, arch, entry.getValue());
                default -> plain(code, arch, entry.getValue());
            }
        }
        return code.bytes.array();
    }

    private int length() {
        int length = 0;
        boolean x86 = false;
        for (int arch : highest.keySet()) {
            switch (arch) {
                case X86_64, X32 -> x86 = true;
                case ARM, S390, S390X -> length += 6;
                default -> length += 5;
            }
        }
        length += x86 ? 7 : 0;
        return length == 0 ? 0 : length + 1;
    }

    // In each: another architecture jumps behind it, with the accumulator as it was.

    private static void plain(Assembler code, int arch, int last) {
        code.add(IF_EQUAL, 0, 4, arch);
        code.add(LOAD, 0, 0, NUMBER);
        code.add(IF_GREATER, 1, 0, last);
        code.decide();
    }

    private static void x86(Assembler code, int last, int lastX32) {
        code.add(IF_EQUAL, 0, 6, X86_64);
        code.add(LOAD, 0, 0, NUMBER);
        code.add(IF_ANY_BIT, 1, 0, X32_BIT);
        code.add(IF_GREATER, 2, 1, last);
        code.add(IF_GREATER, 1, 0, lastX32);
        code.decide();
    }

    private static void arm(Assembler code, int last) {
        code.add(IF_EQUAL, 0, 5, ARM);
        code.add(LOAD, 0, 0, NUMBER);
        code.add(IF_GREATER, 0, 1, last);
        code.add(IF_AT_LEAST, 0, 1, ARM_PRIVATE);
        code.decide();
    }

    private static void s390(Assembler code, int arch, int last) {
        code.add(IF_EQUAL, 0, 5, arch);
        code.add(LOAD, 0, 0, NUMBER);
        code.add(IF_EQUAL, 2, 0, S390_SETUP);
        code.add(IF_GREATER, 1, 0, last);
        code.decide();
    }

    private static final class Assembler {
        private final ByteBuffer bytes;
        private final int end;

        Assembler(int instructions) {
            bytes = ByteBuffer.allocate(instructions * SeccompFilter.INSTRUCTION)
                    .order(ByteOrder.nativeOrder());
            end = instructions;
        }

        void add(short code, int ifTrue, int ifFalse, int value) {
            bytes.putShort(code).put((byte) ifTrue).put((byte) ifFalse).putInt(value);
        }

        /** Two instructions: on to the filter, or, jumping over that, ENOSYS. */
        void decide() {
            int next = bytes.position() / SeccompFilter.INSTRUCTION + 1;
            add(JUMP, 0, 0, end - next);
            add(RETURN, 0, 0, RET_ERRNO | Errno.ENOSYS);
        }
    }
}
