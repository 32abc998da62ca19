// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.state;

import dev.ipcell.runtime.cgroup.Cgroup;
import dev.ipcell.spec.Hook;
import dev.ipcell.spec.Hooks;
import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.Json;
import dev.ipcell.spec.JsonArray;
import dev.ipcell.spec.JsonBoolean;
import dev.ipcell.spec.JsonNumber;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonString;
import dev.ipcell.spec.JsonValue;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.SpecReader;
import dev.ipcell.spec.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a container's {@code state.json} holds: the state as runc prints it, and below {@code ipcell} what only the runtime needs.
 *
 * @param state as it was when the container was created; the status has to be found out anew each time
 * @param startTime of the container's process, in clock ticks since the machine's start
 * @param bootId of the machine's run in which that was
 * @param cgroups the container's cgroups
 * @param scope that systemd has it in, or null
 * @param rdt where it is in resctrl, or null
 * @param notifies it has a directory for the socket at which it tells that it is ready
 * @param mounts the mount namespace that it shares with its creator, as {@code DEV:INODE}, in which its root is mounted; null if it has its own
 * @param sharesProcesses it has no PID namespace of its own, so its processes do not end with the first one
 * @param hooks the configuration's hooks as they stand, or null
 */
public record StoredContainer(
        State state,
        long startTime,
        String bootId,
        List<Cgroup> cgroups,
        @Nullable StoredScope scope,
        @Nullable RdtGroup rdt,
        boolean notifies,
        @Nullable String mounts,
        boolean sharesProcesses,
        @Nullable JsonObject hooks) {
    /** The file's name in the container's state directory. */
    public static final String FILE = "state.json";

    /** The copy of the bundle's configuration beside it. */
    public static final String CONFIG = "config.json";

    /** The FIFO that a created container waits at; it is there until the container is started. */
    public static final String FIFO = "exec.fifo";

    /** What one of the files is called while it is written; the directory is locked then. */
    public static String unfinished(String file) {
        return file + ".new";
    }

    /** The document to be written. */
    public JsonObject toJson() {
        JsonObject.Builder own =
                JsonObject.builder().put("startTime", startTime).put("bootId", bootId);
        List<JsonValue> directories = new ArrayList<>(cgroups.size());
        for (Cgroup cgroup : cgroups) {
            directories.add(JsonObject.builder()
                    .put("directory", cgroup.directory())
                    .put("controllers", cgroup.controllers())
                    .build());
        }
        own.put("cgroups", JsonArray.of(directories));
        if (scope != null) {
            own.put(
                    "scope",
                    JsonObject.builder()
                            .put("unit", scope.unit())
                            .put("user", scope.user())
                            .build());
        }
        if (rdt != null) {
            own.put(
                    "rdt",
                    JsonObject.builder()
                            .put("directory", rdt.directory())
                            .putIfPresent("monitoring", rdt.monitoring())
                            .put("own", rdt.isOwn())
                            .build());
        }
        if (notifies) {
            own.put("notifies", true);
        }
        own.putIfPresent("mounts", mounts);
        if (sharesProcesses) {
            own.put("sharesProcesses", true);
        }
        if (hooks != null) {
            own.put("hooks", hooks);
        }
        JsonObject.Builder all = JsonObject.builder();
        JsonObject json = state.toJson();
        for (String name : json.members().keySet()) {
            JsonValue value = json.get(name);
            if (value != null) {
                all.put(name, value);
            }
        }
        return all.put("ipcell", own.build()).build();
    }

    /**
     * Reads the document.
     *
     * @throws InvalidSpecException if it was not written by {@link #toJson}
     */
    public static StoredContainer read(byte[] json) throws InvalidSpecException {
        State state = State.read(json);
        JsonObject own = object(Json.parseObject(json).get("ipcell"));
        if (text(own.get("bootId")).isEmpty()) {
            // With nothing of ours in it, it would pass for that of a container which ended before the machine's last
            // start.
            throw new InvalidSpecException(
                    List.of(new Problem("/ipcell", 0, 0, "is missing, so ipcell did not write it")));
        }
        List<Cgroup> cgroups = new ArrayList<>();
        if (own.get("cgroups") instanceof JsonArray array) {
            for (JsonValue element : array.elements()) {
                JsonObject cgroup = object(element);
                cgroups.add(new Cgroup(text(cgroup.get("directory")), strings(cgroup.get("controllers"))));
            }
        }
        long start = own.get("startTime") instanceof JsonNumber number ? Long.parseLong(number.text()) : 0;
        boolean notifies = own.get("notifies") instanceof JsonBoolean yes && yes.value();
        boolean sharesProcesses = own.get("sharesProcesses") instanceof JsonBoolean yes && yes.value();
        JsonObject hooks = own.get("hooks") instanceof JsonObject object ? object : null;
        return new StoredContainer(
                state,
                start,
                text(own.get("bootId")),
                cgroups,
                scope(own.get("scope")),
                rdt(own.get("rdt")),
                notifies,
                own.get("mounts") instanceof JsonString shared ? shared.value() : null,
                sharesProcesses,
                hooks);
    }

    private static @Nullable StoredScope scope(@Nullable JsonValue value) {
        JsonObject json = object(value);
        String unit = text(json.get("unit"));
        boolean user = json.get("user") instanceof JsonBoolean is && is.value();
        return unit.isEmpty() ? null : new StoredScope(unit, user);
    }

    private static @Nullable RdtGroup rdt(@Nullable JsonValue value) {
        JsonObject json = object(value);
        String directory = text(json.get("directory"));
        String monitoring = text(json.get("monitoring"));
        boolean isOwn = json.get("own") instanceof JsonBoolean own && own.value();
        return directory.isEmpty() ? null : new RdtGroup(directory, monitoring.isEmpty() ? null : monitoring, isOwn);
    }

    /** The hooks, which are none if none were configured. */
    public Hooks readHooks() throws InvalidSpecException {
        List<Hook> none = List.of();
        return hooks == null ? new Hooks(none, none, none, none, none, none, Map.of()) : SpecReader.readHooks(hooks);
    }

    private static JsonObject object(@Nullable JsonValue value) {
        return value instanceof JsonObject object
                ? object
                : JsonObject.builder().build();
    }

    private static String text(@Nullable JsonValue value) {
        return value instanceof JsonString string ? string.value() : "";
    }

    private static List<String> strings(@Nullable JsonValue value) {
        List<String> strings = new ArrayList<>();
        if (value instanceof JsonArray array) {
            for (JsonValue element : array.elements()) {
                strings.add(text(element));
            }
        }
        return strings;
    }
}
