// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.Json;
import dev.ipcell.spec.JsonArray;
import dev.ipcell.spec.JsonNumber;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonString;
import dev.ipcell.spec.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** The operations that a call with {@code --trace} recorded. */
final class TracedOperations {
    private TracedOperations() {}

    /** Who asked for them, by the numbers that they have in the same call without a trace. */
    static Map<Integer, String> of(Path trace) throws IOException, InvalidSpecException {
        return read(trace, "origin");
    }

    /** What they do, by the same numbers. */
    static Map<Integer, String> described(Path trace) throws IOException, InvalidSpecException {
        return read(trace, "operation");
    }

    private static Map<Integer, String> read(Path trace, String member) throws IOException, InvalidSpecException {
        JsonArray events = (JsonArray) Objects.requireNonNull(
                Json.parseObject(Files.readAllBytes(trace)).get("traceEvents"));
        Map<Integer, JsonObject> all = new TreeMap<>();
        for (JsonValue event : events.elements()) {
            JsonObject args = (JsonObject) Objects.requireNonNull(((JsonObject) event).get("args"));
            all.put(Integer.parseInt(((JsonNumber) Objects.requireNonNull(args.get("id"))).text()), args);
        }
        // These come first, and only with the option.
        int own = 0;
        for (JsonObject args = all.get(1); args != null && text(args, "origin").equals("--trace"); ) {
            all.remove(++own);
            args = all.get(own + 1);
        }
        Map<Integer, String> without = new TreeMap<>();
        for (Map.Entry<Integer, JsonObject> entry : all.entrySet()) {
            without.put(entry.getKey() - own, text(entry.getValue(), member));
        }
        return without;
    }

    private static String text(JsonObject args, String member) {
        return ((JsonString) Objects.requireNonNull(args.get(member))).value();
    }
}
