// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Lines of resctrl's schemata: {@code L3:0=7f0;1=1f}, where the file pads names with blanks and numbers with zeros. */
final class RdtSchema {
    private RdtSchema() {}

    /**
     * Whether the file says of each domain what a schema says of it.
     *
     * @param wanted lines of a schema
     * @param present the file's text
     */
    static boolean isMet(String wanted, String present) {
        for (String line : wanted.split("\n", -1)) {
            int colon = line.indexOf(':');
            Map<String, String> there = colon < 0 ? null : domains(line.substring(0, colon), present);
            if (there == null) {
                return false;
            }
            for (Map.Entry<String, String> domain :
                    values(line.substring(colon + 1)).entrySet()) {
                if (!domain.getValue().equals(there.get(domain.getKey()))) {
                    return false;
                }
            }
        }
        return true;
    }

    private static @Nullable Map<String, String> domains(String name, String present) {
        for (String line : present.split("\n", -1)) {
            int colon = line.indexOf(':');
            if (colon >= 0 && line.substring(0, colon).strip().equals(name.strip())) {
                return values(line.substring(colon + 1));
            }
        }
        return null;
    }

    private static Map<String, String> values(String text) {
        Map<String, String> values = new HashMap<>();
        for (String entry : text.split(";", -1)) {
            int equals = entry.indexOf('=');
            if (equals >= 0) {
                values.put(entry.substring(0, equals).strip(), plain(entry.substring(equals + 1)));
            }
        }
        return values;
    }

    private static String plain(String number) {
        String plain = number.strip().toLowerCase(Locale.ROOT);
        int start = 0;
        while (start < plain.length() - 1 && plain.charAt(start) == '0') {
            start++;
        }
        return plain.substring(start);
    }
}
