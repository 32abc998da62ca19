// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.spec.Json;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hooks: their order, where they run, what they are told, and what becomes of a container when one fails. */
@Tag("root")
class HookTest {
    private static final List<String> KINDS =
            List.of("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop");

    @TempDir
    Path temporary;

    private TestBundle bundle;
    private Path log;

    @BeforeEach
    void make_a_bundle() throws IOException, InterruptedException {
        log = Files.createDirectory(temporary.resolve("log"));
        bundle = new TestBundle(temporary).script("echo main >> /log/order; sleep 0.2");
        bundle.ownRoot();
        bundle.mount("{\"destination\": \"/log\", \"type\": \"bind\", \"source\": \"" + log
                + "\", \"options\": [\"rbind\"]}");
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        bundle.call("delete", "--force");
        Leftovers.assertNone(bundle);
    }

    /** Each kind has one hook that logs; the container's own see the log at another place. */
    private void hooks(String script, List<String> kinds) {
        StringBuilder json = new StringBuilder();
        for (String kind : kinds) {
            String where = kind.equals("startContainer") ? "/log" : log.toString();
            json.append(json.isEmpty() ? "" : ",")
                    .append("\"")
                    .append(kind)
                    .append("\": [{\"path\": \"/bin/sh\", \"args\": [\"sh\", \"-c\", \"")
                    .append(script.replace("KIND", kind).replace("LOG", where))
                    .append("\"], \"env\": [\"PATH=/bin:/usr/bin\", \"HOOK=")
                    .append(kind)
                    .append("\"]}]");
        }
        bundle.replace("\"hostname\":", "\"hooks\": {" + json + "}, \"hostname\":");
    }

    private String logged(String file) throws IOException {
        return Files.readString(log.resolve(file));
    }

    @Test
    @Covers({"/hooks/?/*/path", "/hooks/?/*/args", "/hooks/?/*/env"})
    void all_kinds_run_in_the_order_of_the_specification() throws IOException, InterruptedException {
        hooks("echo $HOOK >> LOG/order", KINDS);
        assertThat(bundle.run().err()).isEmpty();
        // poststart and the container's own process run at the same time.
        assertThat(logged("order").lines().filter(line -> !line.equals("main")).toList())
                .isEqualTo(KINDS);
    }

    @Test
    void create_start_and_delete_run_their_own_kinds() throws IOException, InterruptedException {
        hooks("echo KIND >> LOG/order", KINDS);
        assertThat(bundle.create().err()).isEmpty();
        assertThat(logged("order")).isEqualTo("prestart\ncreateRuntime\ncreateContainer\n");
        assertThat(bundle.call("start").err()).isEmpty();
        assertThat(logged("order")).contains("startContainer\n", "poststart\n").doesNotContain("poststop");
        assertThat(bundle.call("delete", "-f").err()).isEmpty();
        assertThat(logged("order")).endsWith("poststop\n");
    }

    @Test
    void one_of_the_container_that_configures_no_environment_has_the_process_s() throws Exception {
        Path shell = Files.writeString(log.resolve("hook"), "#!/bin/sh\nenv > /log/environment\n");
        assertThat(shell.toFile().setExecutable(true)).isTrue();
        bundle.replace("\"hostname\":", "\"hooks\": {\"startContainer\": [{\"path\": \"/log/hook\"}]}, \"hostname\":")
                .script("env > /log/of-the-process");
        assertThat(bundle.run().err()).isEmpty();
        assertThat(logged("environment").lines().filter(line -> !line.startsWith("PWD=")))
                .contains("HOME=/root")
                .containsAll(logged("of-the-process")
                        .lines()
                        .filter(line -> line.matches("(PATH|HOME|TERM)=.*"))
                        .toList());
    }

    @Test
    void each_is_told_the_state() throws IOException, InterruptedException {
        hooks("cat > LOG/KIND", KINDS);
        assertThat(bundle.run().err()).isEmpty();
        for (String kind : KINDS) {
            assertThat(logged(kind))
                    .as(kind)
                    .contains("\"id\":\"" + bundle.id() + "\"", "\"bundle\":\"" + bundle.directory() + "\"");
        }
        assertThat(logged("createRuntime")).contains("\"status\":\"creating\"").doesNotContain("\"pid\":0");
        assertThat(logged("startContainer")).contains("\"status\":\"created\"");
        assertThat(logged("poststart")).contains("\"status\":\"running\"");
        assertThat(logged("poststop")).contains("\"status\":\"stopped\"", "\"pid\":0");
    }

    @Test
    void what_each_is_told_is_one_json_document_however_long() throws Exception {
        String annotation = "x".repeat(200_000);
        bundle.merge("{\"annotations\": {\"long\": \"" + annotation + "\"}}");
        hooks("cat > LOG/KIND", KINDS);
        assertThat(bundle.run().err()).isEmpty();
        for (String kind : KINDS) {
            JsonObject state = Json.parseObject(Files.readAllBytes(log.resolve(kind)));
            JsonObject annotations = (JsonObject) Objects.requireNonNull(state.get("annotations"), kind);
            assertThat(annotations.get("long"))
                    .as(kind)
                    .isInstanceOfSatisfying(
                            JsonString.class, text -> assertThat(text.value()).isEqualTo(annotation));
        }
    }

    @Test
    void they_run_in_the_namespaces_that_the_specification_names() throws IOException, InterruptedException {
        hooks("readlink /proc/self/ns/mnt /proc/self/ns/net > LOG/KIND", List.of("createRuntime", "poststart"));
        hooks2("readlink /proc/self/ns/net > LOG/KIND");
        assertThat(bundle.script("readlink /proc/self/ns/net > /log/inside; sleep 0.1")
                        .run()
                        .err())
                .isEmpty();
        String host = Files.readSymbolicLink(Path.of("/proc/self/ns/mnt")) + "\n"
                + Files.readSymbolicLink(Path.of("/proc/self/ns/net")) + "\n";
        assertThat(logged("createRuntime")).isEqualTo(host);
        assertThat(logged("poststart")).isEqualTo(host);
        assertThat(logged("createContainer")).isEqualTo(logged("inside"));
    }

    private void hooks2(String script) {
        bundle.replace(
                "\"hooks\": {",
                "\"hooks\": {\"createContainer\": [{\"path\": \"/bin/sh\", \"args\": [\"sh\", \"-c\", \""
                        + script.replace("KIND", "createContainer").replace("LOG", log.toString()) + "\"]}],");
    }

    @ParameterizedTest
    @ValueSource(strings = {"prestart", "createRuntime", "createContainer", "startContainer", "poststart"})
    void one_that_fails_ends_the_launch_and_is_named(String kind) throws IOException, InterruptedException {
        hooks("echo a word >&2; exit 3", List.of(kind));
        Cell.Result result = bundle.run();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("ipcell: config.json /hooks/" + kind + "/0: error running " + kind
                        + " hook #0: /bin/sh: exit status 3: a word")
                .hasLineCount(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"})
    @Covers("/hooks/?/*/timeout")
    void one_that_takes_too_long_is_killed(String kind) throws IOException, InterruptedException {
        hooks("exec sleep 100", List.of(kind));
        bundle.replace("\"env\": [\"PATH=/bin:/usr/bin\"", "\"timeout\": 1, \"env\": [\"PATH=/bin:/usr/bin\"");
        long start = System.nanoTime();
        Cell.Result result = bundle.run();
        assertThat(System.nanoTime() - start).isBetween(1_000_000_000L, 60_000_000_000L);
        if (kind.equals("poststop")) {
            return; // the container has ended already
        }
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .contains("/hooks/" + kind + "/0", "too long", "ETIMEDOUT")
                .hasLineCount(1);
    }

    @Test
    void one_that_is_missing_is_named() throws IOException, InterruptedException {
        bundle.replace("\"hostname\":", "\"hooks\": {\"createRuntime\": [{\"path\": \"/no/hook\"}]}, \"hostname\":");
        Cell.Result result = bundle.run();
        assertThat(result.err())
                .contains("/hooks/createRuntime/0: error running createRuntime hook #0: /no/hook", "No such file")
                .hasLineCount(1);
    }
}
