// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/**
 * The configuration that {@code ipcell spec --rootless} writes: the default one, changed as {@code runc spec --rootless} changes it, for
 * a caller who is not root. It has a user namespace in which the caller is root, the host's network and {@code /sys}, which cannot be had
 * anew without privilege, and no limits.
 */
public final class RootlessSpec {
    private static final String SYS = """
                    "destination": "/sys",
                    "type": "none",
                    "source": "/sys",
                    "options": [
                        "rbind",
                        "nosuid",
                        "noexec",
                        "nodev",
                        "ro"
                    ]
        """;

    private RootlessSpec() {}

    /** The text of {@code config.json}, made of the default one. */
    public static String json(String json, int uid, int gid) {
        json = cut(json, ",\n" + " ".repeat(16) + "\"gid=5\"", "\n", "");
        json = cut(json, " ".repeat(12) + "\"destination\": \"/sys\"", " ".repeat(8) + "},\n", SYS);
        json = cut(
                json,
                "\"resources\": {",
                "\"namespaces\"",
                mapping("uid", uid) + " ".repeat(8) + mapping("gid", gid) + " ".repeat(8));
        json = cut(json, namespace("network") + ",\n", " ".repeat(12) + "{\n", "");
        int end = json.indexOf("\n" + " ".repeat(8) + "],", json.indexOf("\"namespaces\""));
        return json.substring(0, end) + ",\n" + namespace("user") + json.substring(end);
    }

    /** What stands from one text up to the next occurrence of another, replaced. */
    private static String cut(String json, String from, String before, String by) {
        int start = json.indexOf(from);
        int end = json.indexOf(before, start + from.length());
        return json.substring(0, start) + by + json.substring(end);
    }

    private static String namespace(String type) {
        return " ".repeat(12) + "{\n" + " ".repeat(16) + "\"type\": \"" + type + "\"\n" + " ".repeat(12) + "}";
    }

    private static String mapping(String kind, int id) {
        String member = ",\n" + " ".repeat(16);
        return "\"" + kind + "Mappings\": [\n" + " ".repeat(12) + "{\n" + " ".repeat(16) + "\"containerID\": 0" + member
                + "\"hostID\": " + Integer.toUnsignedString(id) + member + "\"size\": 1\n" + " ".repeat(12) + "}\n"
                + " ".repeat(8) + "],\n";
    }
}
