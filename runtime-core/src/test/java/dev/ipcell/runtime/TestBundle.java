// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ipcell.spec.DefaultSpec;
import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.Json;
import dev.ipcell.spec.JsonArray;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonValue;
import dev.ipcell.spec.JsonWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A bundle for one test: the default configuration without a terminal, on the shared busybox root, changed as the test needs. */
final class TestBundle {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final Path directory;
    private final String id;
    private String config;

    TestBundle(Path temporary) throws IOException {
        id = "ipcell-test-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
        directory = Files.createDirectory(temporary.resolve(id));
        config = DefaultSpec.json();
        replace("\"terminal\": true", "\"terminal\": false");
        replace("\"path\": \"rootfs\"", "\"path\": \"" + Cell.busybox() + "\"");
    }

    /** Merges JSON into the configuration: objects by their members, a list whose name ends with + by appending, all else by replacing. */
    TestBundle merge(String json) throws InvalidSpecException {
        JsonObject merged = merged(Json.parseObject(config.getBytes(UTF_8)), Json.parseObject(json.getBytes(UTF_8)));
        config = JsonWriter.pretty(merged);
        return this;
    }

    private static JsonObject merged(JsonObject to, JsonObject from) {
        JsonObject.Builder builder = JsonObject.builder();
        to.members().forEach((name, member) -> builder.put(name, member.value()));
        from.members().forEach((name, member) -> {
            boolean append = name.endsWith("+");
            String field = append ? name.substring(0, name.length() - 1) : name;
            JsonValue old = to.get(field);
            if (append && old instanceof JsonArray first && member.value() instanceof JsonArray second) {
                List<JsonValue> all = new ArrayList<>(first.elements());
                all.addAll(second.elements());
                builder.put(field, JsonArray.of(all));
            } else if (old instanceof JsonObject inner && member.value() instanceof JsonObject change) {
                builder.put(field, merged(inner, change));
            } else {
                builder.put(field, member.value());
            }
        });
        return builder.build();
    }

    /** Replaces a text of the configuration that must be there. */
    TestBundle replace(String what, String by) {
        if (!config.contains(what)) {
            throw new IllegalArgumentException("the configuration has no " + what);
        }
        config = config.replace(what, by);
        return this;
    }

    /** The command to run. */
    TestBundle command(String... words) {
        int start = config.indexOf("\"args\": [");
        int end = config.indexOf(']', start);
        config = config.substring(0, start) + "\"args\": " + JsonWriter.compact(JsonArray.ofStrings(List.of(words)))
                + config.substring(end + 1);
        return this;
    }

    /** A shell script to run. */
    TestBundle script(String script) {
        return command("/bin/sh", "-c", script);
    }

    /** Makes {@code root.readonly} false and gives the bundle a root of its own, which the test may fill. */
    Path ownRoot() throws IOException, InterruptedException {
        Path root = directory.resolve("rootfs");
        Cell.Result copied =
                Cell.run(directory, List.of("cp", "-a", Cell.busybox().toString(), root.toString()));
        if (copied.exit() != 0) {
            throw new IOException(copied.err());
        }
        replace(Cell.busybox().toString(), root.toString());
        replace("\"readonly\": true", "\"readonly\": false");
        return root;
    }

    /** Adds a mount in front of the configured ones. */
    TestBundle mount(String json) {
        return replace("\"mounts\": [", "\"mounts\": [" + json + ",");
    }

    /** Removes the default mount on this destination. */
    TestBundle removeMount(String destination) {
        int end = config.lastIndexOf("\"destination\": \"" + destination + "\"");
        int start = config.lastIndexOf('{', end);
        int close = config.indexOf('}', end) + 1;
        boolean last = config.substring(close).stripLeading().startsWith("]");
        String before = config.substring(0, start).stripTrailing();
        config = last
                ? before.substring(0, before.length() - 1) + config.substring(close)
                : before + config.substring(config.indexOf(',', close) + 1);
        return this;
    }

    /** Adds members to the linux section. */
    TestBundle linux(String members) {
        return replace("\"linux\": {", "\"linux\": {" + members + ",");
    }

    /** Adds members to the process section. */
    TestBundle process(String members) {
        return replace("\"process\": {", "\"process\": {" + members + ",");
    }

    /** Gives it a user namespace of its own: uid 0 is 100000 outside, gid 0 is 200000. */
    TestBundle userNamespace() {
        return replace("\"namespaces\": [", "\"namespaces\": [{\"type\": \"user\"},")
                .linux("\"uidMappings\": [{\"containerID\": 0, \"hostID\": 100000, \"size\": 65536}],"
                        + "\"gidMappings\": [{\"containerID\": 0, \"hostID\": 200000, \"size\": 65536}]");
    }

    String id() {
        return id;
    }

    Path directory() {
        return directory;
    }

    /** Where the container's state is kept while it runs. */
    Path root() {
        return directory.resolve("state");
    }

    TestBundle write() throws IOException {
        Files.writeString(directory.resolve("config.json"), config);
        return this;
    }

    /** Runs it to its end, with options before the ID. */
    Cell.Result run(String... options) throws IOException, InterruptedException {
        write();
        List<String> arguments =
                new ArrayList<>(List.of("--root", root().toString(), "run", "--bundle", directory.toString()));
        arguments.addAll(List.of(options));
        arguments.add(id);
        return Cell.call(arguments.toArray(new String[0]));
    }

    /** The same from a mount namespace in which every mount is shared, as systemd has it on a host. */
    Cell.Result runWhereMountsAreShared() throws IOException, InterruptedException {
        write();
        List<String> call = new ArrayList<>(List.of("unshare", "--mount", "--propagation", "shared"));
        call.add(Cell.executable().toString());
        call.addAll(List.of("--root", root().toString(), "run", "--bundle", directory.toString(), id));
        return Cell.run(directory, call);
    }

    /** Creates the container, with options before the ID. */
    Cell.Result create(String... options) throws IOException, InterruptedException {
        return launch("create", options);
    }

    /** Runs it detached. */
    Cell.Result detached(String... options) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(options));
        all.add("--detach");
        return launch("run", all.toArray(new String[0]));
    }

    private Cell.Result launch(String command, String... options) throws IOException, InterruptedException {
        write();
        List<String> arguments =
                new ArrayList<>(List.of("--root", root().toString(), command, "--bundle", directory.toString()));
        arguments.addAll(List.of(options));
        arguments.add(id);
        return Cell.call(arguments.toArray(new String[0]));
    }

    /** Calls a command on this container: options go before the ID, everything else behind it. */
    Cell.Result call(String command, String... words) throws IOException, InterruptedException {
        List<String> arguments = line(command, words);
        return Cell.call(arguments.toArray(new String[0]));
    }

    /** Begins such a call. */
    Process begin(String command, String... words) throws IOException {
        List<String> call = line(command, words);
        call.addFirst(Cell.executable().toString());
        ProcessBuilder builder = new ProcessBuilder(call).redirectErrorStream(true);
        builder.environment().put("IPCELL_PLANNER", Cell.planner());
        return builder.start();
    }

    private List<String> line(String command, String... words) {
        List<String> arguments = new ArrayList<>(List.of("--root", root().toString(), command));
        List<String> behind = new ArrayList<>();
        boolean value = false;
        for (String word : words) {
            boolean option = behind.isEmpty() && (word.startsWith("-") || value);
            value = word.equals("--bundle");
            (option ? arguments : behind).add(word);
        }
        arguments.add(id);
        arguments.addAll(behind);
        return arguments;
    }

    /** Lists the containers of this bundle's root. */
    Cell.Result list(String... options) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of("--root", root().toString(), "list"));
        arguments.addAll(List.of(options));
        return Cell.call(arguments.toArray(new String[0]));
    }
}
