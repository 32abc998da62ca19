// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;

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
        return make(type, OpRecords::emptyValue);
    }

    /** An operation with something in each of its fields. */
    static Op filled(Class<? extends Op> type) throws ReflectiveOperationException {
        return make(type, OpRecords::someValue);
    }

    private static Op make(Class<? extends Op> type, Function<Class<?>, Object> value)
            throws ReflectiveOperationException {
        Class<?>[] types = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        Object[] values = Arrays.stream(types).map(value).toArray();
        return type.getDeclaredConstructor(types).newInstance(values);
    }

    private static Object emptyValue(Class<?> type) {
        return value(type, 0, "", new byte[0], List.of(), new Program());
    }

    private static Object someValue(Class<?> type) {
        return value(type, 1, "text", new byte[] {1, 2, 3, 4}, List.of("a", "bc"), Child.program(new ChildOp.SetSid()));
    }

    private static Object value(
            Class<?> type, int number, String text, byte[] bytes, List<String> texts, Program program) {
        if (type == int.class) {
            return number;
        }
        if (type == long.class) {
            return (long) number;
        }
        if (type == boolean.class) {
            return number != 0;
        }
        if (type == Slot.class) {
            return new Slot(number, "slot");
        }
        List<Object> others = List.of(text, bytes, texts, program);
        return others.stream().filter(type::isInstance).findFirst().orElseThrow();
    }

    /** What the parent's program may hold. */
    static List<Op> filledForParent() throws ReflectiveOperationException {
        return filled(op -> !isForChildOnly(op));
    }

    /** What a child's program may hold. */
    static List<Op> filledForChild() throws ReflectiveOperationException {
        return filled(op -> !isForParentOnly(op));
    }

    private static boolean isForParentOnly(Op op) {
        return (op.opcode() >= 30 && op.opcode() <= 42) || op.opcode() == 108;
    }

    private static boolean isForChildOnly(Op op) {
        return (op.opcode() >= 50 && op.opcode() <= 52) || op.opcode() == 67 || op.opcode() == 97;
    }

    private static List<Op> filled(Predicate<Op> wanted) throws ReflectiveOperationException {
        List<Op> ops = new ArrayList<>();
        for (Class<? extends Op> type : all()) {
            Op op = filled(type);
            if (wanted.test(op)) {
                ops.add(op);
            }
        }
        return ops;
    }
}
