// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.scope;

import dev.ipcell.runtime.systemd.UnitProperty;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.SourceMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Properties of the unit that a configuration sets by annotations, {@code org.systemd.property.NAME}, with values in GVariant text.
 * A name in {@code Sec}, as in the manual, stands for the one in {@code USec} that the bus has, and its value is in seconds then.
 */
public final class PropertyAnnotations {
    private static final String PREFIX = "org.systemd.property.";
    private static final String SECONDS = "Sec";
    private static final long MICROS = 1_000_000;
    private static final int SHORTEST = 3;

    /** What a container's life depends on. */
    private static final List<String> OWN = List.of("PIDs", "Slice", "Delegate", "DefaultDependencies");

    private PropertyAnnotations() {}

    /**
     * Reads them.
     *
     * @param problems takes what is wrong
     */
    public static List<UnitProperty> read(
            Map<String, String> annotations, SourceMap positions, List<Problem> problems) {
        List<UnitProperty> properties = new ArrayList<>();
        for (Map.Entry<String, String> annotation : annotations.entrySet()) {
            if (annotation.getKey().startsWith(PREFIX)) {
                try {
                    properties.add(read(annotation.getKey().substring(PREFIX.length()), annotation.getValue()));
                } catch (IllegalArgumentException wrong) {
                    String pointer = "/annotations/"
                            + annotation.getKey().replace("~", "~0").replace("/", "~1");
                    problems.add(positions.problem(pointer, String.valueOf(wrong.getMessage())));
                }
            }
        }
        return properties;
    }

    private static UnitProperty read(String name, String text) {
        if (!isName(name)) {
            throw new IllegalArgumentException(
                    "\"" + name + "\" is no name of a property: that is three letters or more, and nothing else");
        }
        if (OWN.contains(name)) {
            throw new IllegalArgumentException(name + " is set by ipcell itself");
        }
        GVariantText.Typed value = GVariantText.read(text);
        int before = name.length() - SECONDS.length() - 1;
        if (before >= 0 && name.endsWith(SECONDS) && Character.isLowerCase(name.charAt(before))) {
            return new UnitProperty(name.substring(0, before + 1) + "USec", "t", micros(name, value));
        }
        return new UnitProperty(name, value.signature(), value.value());
    }

    private static boolean isName(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) {
                return false;
            }
        }
        return name.length() >= SHORTEST;
    }

    private static Long micros(String name, GVariantText.Typed value) {
        if (value.value() instanceof Double seconds && seconds >= 0 && seconds * MICROS < Long.MAX_VALUE) {
            return (long) (seconds * MICROS);
        }
        if (value.value() instanceof Long seconds && seconds >= 0 && seconds <= Long.MAX_VALUE / MICROS) {
            return seconds * MICROS;
        }
        throw new IllegalArgumentException(name + " must be a number of seconds from 0 on");
    }
}
