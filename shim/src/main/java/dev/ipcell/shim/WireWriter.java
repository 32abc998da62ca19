// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Builds a frame's body: little-endian, as {@code ops.h} lays it down. Operations are numbered as they are written. */
final class WireWriter implements OpWriter {
    private static final int OP_UNDO = 1;
    private static final int OP_OPTIONAL = 2;

    private static final int USUAL_SIZE = 32 << 10;

    private final List<Step> numbered;
    private byte[] buffer = new byte[USUAL_SIZE];
    private int size;

    /**
     * @param numbered takes each step written; its index plus one is the operation's id, so ids run on until {@link Executor#renumber}
     */
    WireWriter(List<Step> numbered) {
        this.numbered = numbered;
    }

    /** Begins another frame in the room of the last one: new room for each would be most of what a call throws away. */
    WireWriter again() {
        size = 0;
        return this;
    }

    void steps(List<Step> steps) {
        for (Step step : steps) {
            numbered.add(step);
            int optional = step.optional() ? OP_OPTIONAL : 0;
            operation(step.op(), optional, numbered.size(), step.origin());
            for (Op undo : step.undo()) {
                operation(undo, OP_UNDO | optional, 0, undo.describe());
            }
        }
    }

    private void operation(Op op, int flags, int id, String label) {
        u16(op.opcode());
        u16(flags);
        u32(id);
        int sizeAt = size;
        u32(0);
        string(label);
        op.encode(this);
        patch(sizeAt, size - sizeAt - 4);
    }

    WireWriter u8(int value) {
        room(1);
        buffer[size++] = (byte) value;
        return this;
    }

    private void u16(int value) {
        room(2);
        buffer[size++] = (byte) value;
        buffer[size++] = (byte) (value >>> 8);
    }

    @Override
    public WireWriter u32(int value) {
        room(4);
        patch(size, value);
        size += 4;
        return this;
    }

    @Override
    public WireWriter u64(long value) {
        u32((int) value);
        return u32((int) (value >>> 32));
    }

    @Override
    public WireWriter fills(Slot slot) {
        return u32(slot.number());
    }

    @Override
    public WireWriter reads(Slot slot) {
        return u32(slot.number());
    }

    @Override
    public WireWriter string(String value) {
        if (value.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a string with a NUL character: " + value.replace('\0', '?'));
        }
        bytes(value.getBytes(StandardCharsets.UTF_8));
        return u8(0);
    }

    @Override
    public WireWriter bytes(byte[] value) {
        u32(value.length);
        room(value.length);
        System.arraycopy(value, 0, buffer, size, value.length);
        size += value.length;
        return this;
    }

    @Override
    public WireWriter strings(List<String> values) {
        u32(values.size());
        for (String value : values) {
            string(value);
        }
        return this;
    }

    @Override
    public WireWriter program(Program program) {
        int sizeAt = size;
        u32(0);
        steps(program.steps());
        patch(sizeAt, size - sizeAt - 4);
        return this;
    }

    /** Text without a length, which the frame has. */
    WireWriter raw(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        room(bytes.length);
        System.arraycopy(bytes, 0, buffer, size, bytes.length);
        size += bytes.length;
        return this;
    }

    /** The frame as it goes over the socket: length, kind, body. */
    byte[] frame(int kind) {
        byte[] frame = new byte[size + 5];
        int length = size + 1;
        for (int i = 0; i < 4; i++) {
            frame[i] = (byte) (length >>> (8 * i));
        }
        frame[4] = (byte) kind;
        System.arraycopy(buffer, 0, frame, 5, size);
        return frame;
    }

    private void patch(int at, int value) {
        byte[] into = buffer;
        into[at] = (byte) value;
        into[at + 1] = (byte) (value >>> 8);
        into[at + 2] = (byte) (value >>> 16);
        into[at + 3] = (byte) (value >>> 24);
    }

    private void room(int more) {
        if (size + more > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, size + more));
        }
    }
}
