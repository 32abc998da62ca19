// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.systemd;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.freedesktop.dbus.types.UInt16;
import org.freedesktop.dbus.types.UInt32;
import org.freedesktop.dbus.types.UInt64;

/** A property's value as the library wants it, by the value's D-Bus type. */
final class WireValue {
    private final String signature;
    private int at;

    private WireValue(String signature) {
        this.signature = signature;
    }

    static Object of(String signature, Object value) {
        return new WireValue(signature).next(value);
    }

    private Object next(Object value) {
        char type = signature.charAt(at++);
        return switch (type) {
            case 'a' -> array((List<?>) value);
            case '(' -> structure((List<?>) value);
            case 'y' -> (byte) whole(value);
            case 'n' -> (short) whole(value);
            case 'i' -> (int) whole(value);
            case 'x' -> whole(value);
            case 'q' -> new UInt16((int) whole(value));
            case 'u' -> new UInt32(whole(value));
            case 't' -> new UInt64(new BigInteger(Long.toUnsignedString(whole(value))));
            default -> value;
        };
    }

    private static long whole(Object value) {
        return ((Number) value).longValue();
    }

    private List<Object> array(List<?> values) {
        int element = at;
        List<Object> wire = new ArrayList<>(values.size());
        for (Object value : values) {
            at = element;
            wire.add(next(value));
        }
        if (values.isEmpty()) {
            skip();
        }
        return wire;
    }

    /** Past the type of elements of which there are none. */
    private void skip() {
        int open = 0;
        do {
            char type = signature.charAt(at++);
            open += type == '(' ? 1 : type == ')' ? -1 : 0;
            if (type == 'a') {
                continue;
            }
            if (open == 0) {
                return;
            }
        } while (at < signature.length());
    }

    private Object[] structure(List<?> values) {
        Object[] wire = new Object[values.size()];
        for (int i = 0; i < wire.length; i++) {
            wire[i] = next(values.get(i));
        }
        at++;
        return wire;
    }
}
