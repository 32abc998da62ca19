// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.scope;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a value in GLib's text format for typed values (docs.gtk.org/glib/gvariant-text-format.html): booleans, numbers, strings, object
 * paths, signatures, byte strings, arrays and tuples, with their types in words ({@code uint64 5}) or by signature ({@code @as []}).
 * Dictionaries, maybes and variants are refused, as no property of a unit takes one.
 */
final class GVariantText {
    /** What an integer is if nothing tells. */
    private static final String DEFAULT_INTEGER = "i";

    private static final List<String> WORDS = List.of(
            "boolean",
            "byte",
            "int16",
            "uint16",
            "int32",
            "uint32",
            "handle",
            "int64",
            "uint64",
            "double",
            "string",
            "objectpath",
            "signature");
    private static final String SIGNATURES = "bynqiuhxtdsog";
    private static final int DEEPEST = 16;

    private final GVariantCursor in;

    /** A value and its D-Bus type. */
    record Typed(String signature, Object value) {}

    private GVariantText(GVariantCursor in) {
        this.in = in;
    }

    /**
     * Reads a value.
     *
     * @throws IllegalArgumentException with what is wrong with the text
     */
    static Typed read(String text) {
        GVariantCursor in = new GVariantCursor(text);
        Typed value = new GVariantText(in).value("", 0);
        in.space();
        if (!in.isAtEnd()) {
            throw in.wrong("is followed by something else");
        }
        return value;
    }

    /** @param wanted the type it has to be of; empty if that is open */
    private Typed value(String wanted, int depth) {
        in.space();
        if (depth > DEEPEST) {
            throw in.wrong("is nested too deeply");
        }
        if (in.isAtEnd()) {
            throw in.wrong("ends too early");
        }
        char c = in.peek();
        if (c == '@') {
            return annotated(wanted, depth);
        }
        if (c == '[') {
            return array(wanted, depth);
        }
        if (c == '(') {
            return tuple(wanted, depth);
        }
        if (in.isAtQuote()) {
            return string(wanted.isEmpty() ? "s" : wanted);
        }
        if (in.isAtBytes()) {
            return bytes(wanted);
        }
        if (c == '-' || c == '+' || c == '.' || (c >= '0' && c <= '9')) {
            return number(wanted);
        }
        return word(wanted, depth);
    }

    private Typed annotated(String wanted, int depth) {
        in.skip();
        String signature = in.takeAmong(SIGNATURES + "a()");
        if (signature.isEmpty() || end(signature, 0) != signature.length()) {
            throw in.wrong("has no type behind its @");
        }
        return value(same(wanted, signature), depth + 1);
    }

    /** Where the complete type that begins here ends, or -1. */
    private static int end(String signature, int from) {
        if (from >= signature.length() || signature.charAt(from) == ')') {
            return -1;
        }
        if (signature.charAt(from) == 'a') {
            return end(signature, from + 1);
        }
        if (signature.charAt(from) != '(') {
            return from + 1;
        }
        int next = from + 1;
        while (next < signature.length() && signature.charAt(next) != ')') {
            next = end(signature, next);
            if (next < 0) {
                return -1;
            }
        }
        return next < signature.length() && next > from + 1 ? next + 1 : -1;
    }

    private Typed word(String wanted, int depth) {
        String word = in.takeWord("");
        if (word.equals("true") || word.equals("false")) {
            same(wanted, "b");
            return new Typed("b", word.equals("true"));
        }
        if (word.equals("inf") || word.equals("nan")) {
            same(wanted, "d");
            return new Typed("d", word.equals("inf") ? Double.POSITIVE_INFINITY : Double.NaN);
        }
        int type = WORDS.indexOf(word);
        if (type < 0) {
            throw in.wrong("is no value at \"" + in.restWith(word) + "\"; a text needs quotes");
        }
        return value(same(wanted, SIGNATURES.substring(type, type + 1)), depth + 1);
    }

    private String same(String wanted, String found) {
        if (!wanted.isEmpty() && !wanted.equals(found)) {
            throw in.wrong("has a value of type " + found + " where one of type " + wanted + " is due");
        }
        return found;
    }

    private Typed array(String wanted, int depth) {
        if (!wanted.isEmpty() && wanted.charAt(0) != 'a') {
            throw in.wrong("has an array where a value of type " + wanted + " is due");
        }
        String element = wanted.isEmpty() ? "" : wanted.substring(1);
        List<Object> values = new ArrayList<>();
        in.skip();
        while (!in.closes(']', values.isEmpty())) {
            Typed value = value(element, depth + 1);
            element = value.signature();
            values.add(value.value());
        }
        if (element.isEmpty()) {
            throw in.wrong("has an empty array without a type; @as [] has one");
        }
        return new Typed("a" + element, List.copyOf(values));
    }

    private Typed tuple(String wanted, int depth) {
        if (!wanted.isEmpty() && wanted.charAt(0) != '(') {
            throw in.wrong("has a tuple where a value of type " + wanted + " is due");
        }
        List<Object> values = new ArrayList<>();
        StringBuilder signature = new StringBuilder("(");
        int from = 1;
        in.skip();
        while (!in.closes(')', values.isEmpty())) {
            String type = "";
            if (!wanted.isEmpty()) {
                int to = end(wanted, from);
                if (to < 0) {
                    throw in.wrong("has more elements than its type " + wanted);
                }
                type = wanted.substring(from, to);
                from = to;
            }
            Typed value = value(type, depth + 1);
            signature.append(value.signature());
            values.add(value.value());
        }
        if (values.isEmpty()) {
            throw in.wrong("has an empty tuple");
        }
        String found = signature.append(')').toString();
        return new Typed(same(wanted, found), List.copyOf(values));
    }

    private Typed string(String signature) {
        if (!"sog".contains(signature)) {
            throw in.wrong("has a text where a value of type " + signature + " is due");
        }
        return new Typed(signature, in.takeQuoted());
    }

    private Typed bytes(String wanted) {
        same(wanted, "ay");
        in.skip();
        List<Object> bytes = new ArrayList<>();
        for (byte each : in.takeQuoted().getBytes(StandardCharsets.UTF_8)) {
            bytes.add((long) (each & 0xff));
        }
        bytes.add(0L);
        return new Typed("ay", List.copyOf(bytes));
    }

    private Typed number(String wanted) {
        String digits = in.takeWord("+-.");
        boolean hex = digits.contains("0x");
        boolean fraction = digits.indexOf('.') >= 0 || (!hex && (digits.indexOf('e') > 0 || digits.indexOf('E') > 0));
        String signature = wanted.isEmpty() ? (fraction ? "d" : DEFAULT_INTEGER) : wanted;
        try {
            return new Typed(
                    signature, signature.equals("d") ? (Object) Double.valueOf(digits) : whole(digits, signature));
        } catch (NumberFormatException bad) {
            throw in.wrong("has \"" + digits + "\" where a number of type " + signature + " is due");
        }
    }

    private Long whole(String digits, String signature) {
        boolean negative = digits.startsWith("-");
        String rest = negative || digits.startsWith("+") ? digits.substring(1) : digits;
        int radix = rest.startsWith("0x") ? 16 : rest.length() > 1 && rest.startsWith("0") ? 8 : 10;
        long size = Long.parseUnsignedLong(radix == 16 ? rest.substring(2) : rest, radix);
        int bits = signature.equals("y") ? 8 : "nq".contains(signature) ? 16 : "iuh".contains(signature) ? 32 : 64;
        boolean unsigned = "yqut".contains(signature);
        if (!"ynqiuhxt".contains(signature) || (negative && unsigned && size != 0)) {
            throw new NumberFormatException();
        }
        int room = unsigned ? bits : bits - 1;
        boolean fits = room == 64 || size >>> room == 0 || (negative && size == 1L << room);
        if (!fits) {
            throw new NumberFormatException();
        }
        return negative ? -size : size;
    }
}
