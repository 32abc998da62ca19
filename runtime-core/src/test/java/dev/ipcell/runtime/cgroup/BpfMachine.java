// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Runs eBPF as the kernel does (Documentation/bpf/standardization/instruction-set.rst), as far as device programs use it; whatever the
 * verifier would refuse is an error: a jump out of the program or back, a register that was never set, a read outside the context.
 */
final class BpfMachine {
    private static final int CONTEXT_BYTES = 12;

    private final ByteBuffer program;
    private final ByteBuffer context;
    private final long[] registers = new long[11];
    private final boolean[] set = new boolean[11];

    private BpfMachine(byte[] program, int accessAndType, int major, int minor) {
        this.program = ByteBuffer.wrap(program).order(ByteOrder.LITTLE_ENDIAN);
        this.context = ByteBuffer.allocate(CONTEXT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        context.putInt(accessAndType).putInt(major).putInt(minor);
        set[1] = true;
    }

    /** What the program returns for a wanted access. */
    static int run(byte[] program, int type, int access, int major, int minor) {
        return new BpfMachine(program, access << 16 | type, major, minor).run();
    }

    private int run() {
        int at = 0;
        while (true) {
            if (at < 0 || at * 8 + 8 > program.capacity()) {
                throw new IllegalStateException("runs out of the program at " + at);
            }
            int code = program.get(at * 8) & 0xff;
            int destination = program.get(at * 8 + 1) & 0xf;
            int source = program.get(at * 8 + 1) >> 4 & 0xf;
            int offset = program.getShort(at * 8 + 2);
            int constant = program.getInt(at * 8 + 4);
            if (code == 0x95) {
                return (int) get(0);
            }
            at++;
            switch (code & 7) {
                case 1 -> load(code, destination, source, offset);
                case 4 -> compute(code, destination, operand(code, source, constant));
                case 5, 6 -> {
                    if (offset < 0) {
                        throw new IllegalStateException("jumps back at " + at);
                    }
                    at += jumps(code, destination, source, constant) ? offset : 0;
                }
                default -> throw new IllegalStateException("class of operation " + Integer.toHexString(code));
            }
        }
    }

    private long get(int register) {
        if (!set[register]) {
            throw new IllegalStateException("reads r" + register + ", which was never set");
        }
        return registers[register];
    }

    private void load(int code, int destination, int source, int offset) {
        if (code != 0x61 || source != 1 || offset < 0 || offset % 4 != 0 || offset + 4 > CONTEXT_BYTES) {
            throw new IllegalStateException("bad load");
        }
        registers[destination] = context.getInt(offset) & 0xffff_ffffL;
        set[destination] = true;
    }

    private int operand(int code, int source, int constant) {
        return (code & 8) == 0 ? constant : (int) get(source);
    }

    private void compute(int code, int destination, int operand) {
        int value = switch (code & 0xf0) {
            case 0xb0 -> operand;
            case 0x50 -> (int) get(destination) & operand;
            case 0x70 -> (int) get(destination) >>> operand;
            default -> throw new IllegalStateException("operation " + Integer.toHexString(code));
        };
        registers[destination] = value & 0xffff_ffffL;
        set[destination] = true;
    }

    private boolean jumps(int code, int destination, int source, int constant) {
        if (code == 0x05) {
            return true;
        }
        if ((code & 7) != 6) {
            throw new IllegalStateException("a comparison of 64 bits");
        }
        int left = (int) get(destination);
        int right = operand(code, source, constant);
        return switch (code & 0xf0) {
            case 0x50 -> left != right;
            case 0x40 -> (left & right) != 0;
            default -> throw new IllegalStateException("jump " + Integer.toHexString(code));
        };
    }
}
