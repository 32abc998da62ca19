// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.scope;

import dev.ipcell.runtime.cgroup.CgroupValue;
import dev.ipcell.runtime.systemd.UnitProperty;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Limits as properties of a unit (systemd.resource-control(5)), from the files of version 2 that they come to. systemd writes these files
 * by itself, whenever it likes; so it must know every value that it has a property for. The others it leaves alone.
 */
final class ResourceProperties {
    private static final String MAX = "max";
    private static final long INFINITY = -1;
    private static final long DEFAULT_PERIOD_USEC = 100_000;
    private static final long SECOND_USEC = 1_000_000;

    /** systemd keeps a quota as whole percent of a processor, rounded down. */
    private static final long PERCENT_USEC = 10_000;

    /** The first version in which a weight of 0 stands for idle. */
    private static final int IDLE_VERSION = 252;

    /** The first version in which a scope has a policy for running out of memory. */
    private static final int OOM_POLICY_VERSION = 253;

    private static final Map<String, String> BYTES = Map.of(
            "memory.min", "MemoryMin",
            "memory.low", "MemoryLow",
            "memory.high", "MemoryHigh",
            "memory.max", "MemoryMax",
            "memory.swap.max", "MemorySwapMax",
            "pids.max", "TasksMax");

    private static final Map<String, String> RATES = Map.of(
            "rbps", "IOReadBandwidthMax",
            "wbps", "IOWriteBandwidthMax",
            "riops", "IOReadIOPSMax",
            "wiops", "IOWriteIOPSMax");

    private final List<UnitProperty> properties = new ArrayList<>();
    private final int version;
    private final boolean fresh;

    private ResourceProperties(int version, boolean fresh) {
        this.version = version;
        this.fresh = fresh;
    }

    /**
     * The properties for some values.
     *
     * @param version of systemd
     * @param fresh whether the unit is a new one; some properties cannot be changed
     * @throws IllegalArgumentException if a value is none for its file
     */
    static List<UnitProperty> of(List<CgroupValue> values, int version, boolean fresh) {
        ResourceProperties all = new ResourceProperties(version, fresh);
        for (CgroupValue value : values) {
            all.add(value.file(), value.value().strip(), values);
        }
        return all.properties;
    }

    private void add(String file, String value, List<CgroupValue> all) {
        String bytes = BYTES.get(file);
        if (bytes != null) {
            properties.add(UnitProperty.of(bytes, number(value)));
            return;
        }
        switch (file) {
            case "cpu.max" -> quota(value);
            case "cpu.weight" -> {
                if (!isIdle(all)) {
                    properties.add(UnitProperty.of("CPUWeight", number(value)));
                }
            }
            case "cpu.idle" -> {
                if (value.equals("1") && version >= IDLE_VERSION) {
                    properties.add(UnitProperty.of("CPUWeight", 0));
                }
            }
            case "cpuset.cpus" -> properties.add(set("AllowedCPUs", value));
            case "cpuset.mems" -> properties.add(set("AllowedMemoryNodes", value));
            case "io.weight" -> weight(value);
            case "io.max" -> rates(value);
            case "memory.oom.group" -> {
                if (fresh && version >= OOM_POLICY_VERSION) {
                    properties.add(UnitProperty.of("OOMPolicy", value.equals("1") ? "kill" : "continue"));
                }
            }
            default -> {
                // systemd has no property for it, so it does not write that file.
            }
        }
    }

    private static boolean isIdle(List<CgroupValue> all) {
        for (CgroupValue value : all) {
            if (value.file().equals("cpu.idle") && value.value().strip().equals("1")) {
                return true;
            }
        }
        return false;
    }

    private void quota(String value) {
        String[] words = value.split(" ", -1);
        long period = words.length > 1 ? number(words[1]) : DEFAULT_PERIOD_USEC;
        long quota = number(words[0]);
        if (words.length > 1) {
            properties.add(UnitProperty.of("CPUQuotaPeriodUSec", period));
        }
        long perSecond = INFINITY;
        if (quota != INFINITY) {
            long exact = Math.multiplyExact(quota, SECOND_USEC) / Math.max(period, 1);
            perSecond = Math.ceilDiv(exact, PERCENT_USEC) * PERCENT_USEC;
        }
        properties.add(UnitProperty.of("CPUQuotaPerSecUSec", perSecond));
    }

    /** A list such as {@code 0-3,7}, as bits, the lowest in the first byte. */
    private static UnitProperty set(String name, String list) {
        java.util.BitSet bits = new java.util.BitSet();
        for (String range : list.split(",", -1)) {
            int dash = range.indexOf('-');
            long first = number((dash < 0 ? range : range.substring(0, dash)).strip());
            long last = dash < 0 ? first : number(range.substring(dash + 1).strip());
            if (first < 0 || last < first || last >= 1 << 16) {
                throw new IllegalArgumentException("\"" + list + "\" is no list of numbers such as 0-3,7");
            }
            bits.set((int) first, (int) last + 1);
        }
        List<Object> bytes = new ArrayList<>();
        for (byte each : bits.toByteArray()) {
            bytes.add((long) (each & 0xff));
        }
        return new UnitProperty(name, "ay", List.copyOf(bytes));
    }

    private void weight(String value) {
        int space = value.indexOf(' ');
        long weight = number(value.substring(space + 1));
        String device = space < 0 ? "default" : value.substring(0, space);
        if (device.equals("default")) {
            properties.add(UnitProperty.of("IOWeight", weight));
        } else {
            properties.add(device("IODeviceWeight", device, weight));
        }
    }

    private void rates(String value) {
        String[] words = value.split(" ", -1);
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            String name = equals < 0 ? null : RATES.get(words[i].substring(0, equals));
            if (name == null) {
                throw new IllegalArgumentException("\"" + value + "\" is no line for io.max, such as 8:0 rbps=1048576");
            }
            properties.add(device(name, words[0], number(words[i].substring(equals + 1))));
        }
    }

    private static UnitProperty device(String name, String device, long value) {
        return new UnitProperty(name, "a(st)", List.of(List.of("/dev/block/" + device, value)));
    }

    private static long number(String text) {
        if (text.equals(MAX)) {
            return INFINITY;
        }
        try {
            return Long.parseUnsignedLong(text);
        } catch (NumberFormatException bad) {
            throw new IllegalArgumentException("\"" + text + "\" is no number", bad);
        }
    }
}
