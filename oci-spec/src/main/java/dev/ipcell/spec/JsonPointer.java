// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.ArrayList;
import java.util.List;

/** Composes and takes apart JSON pointers (RFC 6901). */
final class JsonPointer {
    private JsonPointer() {}

    /** The pointer of the member {@code name} of what {@code parent} points to. */
    static String child(String parent, String name) {
        StringBuilder out = new StringBuilder(parent.length() + name.length() + 1);
        out.append(parent).append('/');
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == '~') {
                out.append("~0");
            } else if (c == '/') {
                out.append("~1");
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    /** The pointer of the element {@code index} of what {@code parent} points to. */
    static String child(String parent, int index) {
        return parent.concat("/").concat(Integer.toString(index));
    }

    /** The unescaped steps of a pointer; none for the empty pointer. */
    static List<String> steps(String pointer) {
        List<String> steps = new ArrayList<>();
        int start = 1;
        while (start <= pointer.length()) {
            int end = pointer.indexOf('/', start);
            if (end < 0) {
                end = pointer.length();
            }
            steps.add(pointer.substring(start, end).replace("~1", "/").replace("~0", "~"));
            start = end + 1;
        }
        return steps;
    }

    /** Whether {@code pointer} is {@code ancestor} or points into it. */
    static boolean isWithin(String pointer, String ancestor) {
        return pointer.startsWith(ancestor)
                && (pointer.length() == ancestor.length() || pointer.charAt(ancestor.length()) == '/');
    }
}
