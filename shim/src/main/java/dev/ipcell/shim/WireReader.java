// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads a frame's body, or the value of an operation: little-endian, as {@code ops.h} lays it down. */
final class WireReader {
    private final byte[] data;
    private int at;

    WireReader(byte[] data) {
        this.data = data;
    }

    int u32() {
        need(4);
        int value = 0;
        for (int i = 3; i >= 0; i--) {
            value = value << 8 | (data[at + i] & 0xff);
        }
        at += 4;
        return value;
    }

    long u64() {
        long low = u32() & 0xffff_ffffL;
        return low | (long) u32() << 32;
    }

    String string() {
        byte[] text = bytes();
        need(1);
        if (data[at++] != 0) {
            throw new WireException("a string without its NUL");
        }
        for (byte b : text) {
            if (b == 0) {
                throw new WireException("a string with a NUL inside");
            }
        }
        return new String(text, StandardCharsets.UTF_8);
    }

    byte[] bytes() {
        int length = u32();
        need(length);
        at += length;
        return Arrays.copyOfRange(data, at - length, at);
    }

    List<String> strings() {
        int count = count(5);
        List<String> values = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            values.add(string());
        }
        return values;
    }

    /** A count of items of at least {@code smallest} bytes each, which the rest of the message has room for. */
    int count(int smallest) {
        int count = u32();
        if (count < 0 || count > (data.length - at) / smallest) {
            throw new WireException("a count of " + count + " in " + (data.length - at) + " bytes");
        }
        return count;
    }

    private void need(int more) {
        if (more < 0 || more > data.length - at) {
            throw new WireException("a message that ends too early");
        }
    }
}
