// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.lifecycle.ContainerUpdate;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.spec.JsonNumber;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code ipcell update}. */
final class UpdateCommand implements Command {
    /** Each option, the section of linux.resources it belongs to, and its field there. */
    private static final String[][] FIELDS = {
        {"cpu-period", "cpu", "period", "microseconds of a period"},
        {"cpu-quota", "cpu", "quota", "microseconds of work in each period; -1 for no limit"},
        {"cpu-burst", "cpu", "burst", "microseconds that may be saved up"},
        {"cpu-share", "cpu", "shares", "relative share of the processors"},
        {"cpu-rt-period", "cpu", "realtimePeriod", "microseconds of a real-time period"},
        {"cpu-rt-runtime", "cpu", "realtimeRuntime", "microseconds of real-time work in each"},
        {"cpu-idle", "cpu", "idle", "1: only when nobody else wants a processor"},
        {"cpuset-cpus", "cpu", "cpus", "processors, such as 0-3,7"},
        {"cpuset-mems", "cpu", "mems", "memory nodes, such as 0"},
        {"memory", "memory", "limit", "bytes, or with K, M, G; -1 for no limit"},
        {"memory-reservation", "memory", "reservation", "soft limit, likewise"},
        {"memory-swap", "memory", "swap", "memory and swap together, likewise"},
        {"pids-limit", "pids", "limit", "tasks; -1 for no limit"},
        {"blkio-weight", "blockIO", "weight", "10 to 1000"},
    };

    /** Those that runc does not take an empty value for; for the others that is as if they were not given. */
    private static final List<String> WHOLE = List.of("pids-limit", "blkio-weight");

    /** Each option of resctrl, in the order that their lines are written. */
    private static final String[][] SCHEMATA = {
        {"l3-cache-schema", "the share of the L3 cache, such as L3:0=f"},
        {"mem-bw-schema", "the share of memory bandwidth, such as MB:0=50"},
    };

    @Override
    public String operands() {
        return "CONTAINER";
    }

    @Override
    public String summary() {
        return "change the limits of a container";
    }

    @Override
    public List<Option> options() {
        List<Option> options = new ArrayList<>();
        options.add(Option.valued("resources", 'r', "FILE|-", "linux.resources as JSON, instead of single limits"));
        for (String[] field : FIELDS) {
            options.add(Option.valued(field[0], (char) 0, "VALUE", field[3]));
        }
        for (String[] schema : SCHEMATA) {
            options.add(Option.valued(schema[0], (char) 0, "LINE", schema[1]));
        }
        // Accepted and ignored, as runc does: no kernel has them any more.
        options.add(Option.valued("kernel-memory", (char) 0, "VALUE", ""));
        options.add(Option.valued("kernel-memory-tcp", (char) 0, "VALUE", ""));
        return List.copyOf(options);
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        String id = call.id();
        ContainerUpdate update = new ContainerUpdate(call.executor(), call.root());
        String file = call.arguments().value("resources");
        byte[] resources = file == null ? json(call.arguments()).getBytes(UTF_8) : update.read(file);
        update.update(id, resources, file == null ? optionNames() : Map.of(), schemata(call.arguments()));
    }

    /** By the place in linux.resources, what the caller wrote. */
    private static Map<String, String> optionNames() {
        Map<String, String> names = new HashMap<>();
        for (String[] field : FIELDS) {
            names.put("/" + field[1] + "/" + field[2], "--" + field[0]);
        }
        return names;
    }

    private static List<String> schemata(Arguments arguments) throws Failure {
        List<String> lines = new ArrayList<>();
        for (String[] schema : SCHEMATA) {
            String line = arguments.value(schema[0]);
            if (line != null && line.indexOf('\n') >= 0) {
                throw new Failure("--" + schema[0] + " takes one line");
            }
            if (line != null && !line.isEmpty()) {
                lines.add(line);
            }
        }
        return lines;
    }

    private static String json(Arguments arguments) throws Failure {
        JsonObject.Builder all = JsonObject.builder();
        for (String section : List.of("cpu", "memory", "pids", "blockIO")) {
            JsonObject.Builder fields = JsonObject.builder();
            for (String[] field : FIELDS) {
                String value = WHOLE.contains(field[0]) ? arguments.given(field[0]) : arguments.value(field[0]);
                if (!field[1].equals(section) || value == null) {
                    continue;
                }
                if (field[0].startsWith("cpuset")) {
                    fields.put(field[2], value);
                } else {
                    fields.put(field[2], JsonNumber.of(number(field[0], value, section.equals("memory"))));
                }
            }
            all.put(section, fields.build());
        }
        return JsonWriter.compact(all.build());
    }

    private static long number(String option, String text, boolean bytes) throws Failure {
        String digits = text.toUpperCase(Locale.ROOT);
        int shift = 0;
        if (bytes) {
            digits = digits.endsWith("IB") ? digits.substring(0, digits.length() - 2) : digits;
            digits = digits.endsWith("B") ? digits.substring(0, digits.length() - 1) : digits;
            int unit = digits.isEmpty() ? -1 : "KMGTP".indexOf(digits.charAt(digits.length() - 1));
            if (unit >= 0) {
                shift = 10 * (unit + 1);
                digits = digits.substring(0, digits.length() - 1);
            }
        }
        try {
            int point = bytes ? digits.indexOf('.') : -1;
            return point < 0 ? Math.multiplyExact(Long.parseLong(digits), 1L << shift) : fraction(digits, 1L << shift);
        } catch (ArithmeticException | NumberFormatException wrong) {
            throw new Failure("--" + option + " must be a number" + (bytes ? " of bytes, such as 512M" : "")
                    + ", not \"" + text + "\"");
        }
    }

    /** {@code 1.5G}; whole bytes of it. */
    private static long fraction(String digits, long unit) {
        for (int i = 0; i < digits.length(); i++) {
            if (digits.charAt(i) != '.' && !Character.isDigit(digits.charAt(i))) {
                throw new NumberFormatException(digits);
            }
        }
        double bytes = Double.parseDouble(digits) * unit;
        if (bytes >= Long.MAX_VALUE) {
            throw new ArithmeticException(digits);
        }
        return (long) bytes;
    }
}
