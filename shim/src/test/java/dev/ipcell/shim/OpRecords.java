// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** All records of {@link Op}, found by reflection, so that none can be forgotten. */
final class OpRecords {
    private OpRecords() {}

    static List<Class<? extends Op>> all() {
        List<Class<? extends Op>> records = new ArrayList<>();
        collect(Op.class, records);
        return records;
    }

    private static void collect(Class<? extends Op> type, List<Class<? extends Op>> into) {
        if (type.isRecord()) {
            into.add(type);
            return;
        }
        for (Class<?> permitted : type.getPermittedSubclasses()) {
            collect(permitted.asSubclass(Op.class), into);
        }
    }

    /** {@code OpenFd} is {@code OPEN_FD} in {@code ops.h}. */
    static String name(Class<? extends Op> type) {
        return type.getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z])", "_").toUpperCase(Locale.ROOT);
    }

    /** An operation with nothing in its fields. */
    static Op empty(Class<? extends Op> type) throws ReflectiveOperationException {
        Class<?>[] types = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        Object[] values = Arrays.stream(types).map(OpRecords::emptyValue).toArray();
        return type.getDeclaredConstructor(types).newInstance(values);
    }

    private static Object emptyValue(Class<?> type) {
        if (type == int.class) {
            return 0;
        }
        if (type == long.class) {
            return 0L;
        }
        if (type == String.class) {
            return "";
        }
        if (type == Slot.class) {
            return new Slot(0, "slot");
        }
        if (type == byte[].class) {
            return new byte[0];
        }
        if (type == List.class) {
            return List.of();
        }
        assert type == Program.class : type;
        return new Program();
    }
}
