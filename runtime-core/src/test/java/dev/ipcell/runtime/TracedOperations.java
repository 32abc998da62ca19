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
        JsonArray events = (JsonArray) Objects.requireNonNull(
                Json.parseObject(Files.readAllBytes(trace)).get("traceEvents"));
        Map<Integer, String> origins = new TreeMap<>();
        for (JsonValue event : events.elements()) {
            JsonObject args = (JsonObject) Objects.requireNonNull(((JsonObject) event).get("args"));
            int id = Integer.parseInt(((JsonNumber) Objects.requireNonNull(args.get("id"))).text());
            origins.put(id, ((JsonString) Objects.requireNonNull(args.get("origin"))).value());
        }
        // These come first, and only with the option.
        int own = 0;
        while ("--trace".equals(origins.get(own + 1))) {
            origins.remove(++own);
        }
        Map<Integer, String> without = new TreeMap<>();
        for (Map.Entry<Integer, String> entry : origins.entrySet()) {
            without.put(entry.getKey() - own, entry.getValue());
        }
        return without;
    }
}
