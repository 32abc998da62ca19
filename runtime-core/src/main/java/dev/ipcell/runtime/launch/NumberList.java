// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import java.util.BitSet;

/** Lists of processors or memory nodes, such as {@code 0-3,7} (cpuset(7), "List format"). */
final class NumberList {
    private NumberList() {}

    /** The list as a bit mask, lowest byte first; the list was validated before. */
    static byte[] mask(String list) {
        BitSet bits = new BitSet();
        for (String part : list.split(",", -1)) {
            String range = part.strip();
            int dash = range.indexOf('-');
            int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
            int last = dash < 0 ? first : Integer.parseInt(range.substring(dash + 1));
            bits.set(first, last + 1);
        }
        return bits.toByteArray();
    }
}
