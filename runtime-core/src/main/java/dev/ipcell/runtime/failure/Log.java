// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.failure;

import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonString;
import dev.ipcell.spec.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where engines read what a runtime says besides its answer.
 *
 * @param file that entries are appended to, or null for standard error only
 * @param json whether an entry is an object with {@code level}, {@code msg} and {@code time}, or plain text
 */
public record Log(@Nullable String file, boolean json) {

    /** Entries as they stand in the file, one a line; an error is one entry, as engines read no more. */
    public byte[] entries(String level, List<String> lines) {
        List<String> entries = level.equals("error") ? List.of(String.join("; ", lines)) : lines;
        return (json ? objects(level, entries) : stamped(level, entries)).getBytes(StandardCharsets.UTF_8);
    }

    /** Entries as a person reads them; that something is an error needs no word. */
    public static String text(String level, List<String> lines) {
        StringBuilder text = new StringBuilder();
        for (String line : lines) {
            text.append("ipcell: ");
            text.append(level.equals("error") ? "" : level + ": ").append(line).append('\n');
        }
        return text.toString();
    }

    /** Entries with time and level, in the form of logfmt, which logs of runc have too. */
    public static String stamped(String level, List<String> lines) {
        String time = Timestamp.now();
        StringBuilder text = new StringBuilder();
        for (String line : lines) {
            text.append("time=\"")
                    .append(time)
                    .append("\" level=")
                    .append(level)
                    .append(" msg=");
            text.append(JsonWriter.compact(JsonString.of(line))).append('\n');
        }
        return text.toString();
    }

    private static String objects(String level, List<String> lines) {
        String time = Timestamp.now();
        StringBuilder out = new StringBuilder();
        for (String line : lines) {
            JsonObject entry = JsonObject.builder()
                    .put("level", level)
                    .put("msg", line)
                    .put("time", time)
                    .build();
            out.append(JsonWriter.compact(entry)).append('\n');
        }
        return out.toString();
    }
}
