// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.Json;
import dev.ipcell.spec.JsonArray;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonString;
import dev.ipcell.spec.JsonValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What {@code features} announces is so, and what is so is announced (runtime-spec, features.md). That each value of a closed list has its
 * effect is for the table test ({@link SpecTableTest}); here the lists are compared with the rows of that table.
 */
class FeaturesTest {
    @TempDir
    Path temporary;

    private JsonObject features;

    @BeforeEach
    void ask() throws IOException, InterruptedException, InvalidSpecException {
        Cell.Result result = Cell.call("features");
        assertThat(result.err()).isEmpty();
        features = Json.parseObject(result.out().getBytes(UTF_8));
    }

    private static JsonValue at(JsonObject document, String path) {
        JsonValue value = document;
        for (String name : path.split("/", -1)) {
            value = Objects.requireNonNull(((JsonObject) value).get(name), path);
        }
        return value;
    }

    private static List<String> names(JsonObject document, String path) {
        List<String> names = new ArrayList<>();
        for (JsonValue value : ((JsonArray) at(document, path)).elements()) {
            names.add(((JsonString) value).value());
        }
        return names;
    }

    private static String text(JsonValue value) {
        return ((JsonString) value).value();
    }

    @ParameterizedTest
    @CsvSource({
        "linux/namespaces, /linux/namespaces/*/type",
        "linux/capabilities, /process/capabilities/bounding",
        "linux/seccomp/actions, /linux/seccomp/syscalls/*/action",
        "linux/seccomp/operators, /linux/seccomp/syscalls/*/args/*/op",
        "linux/seccomp/archs, /linux/seccomp/architectures",
        "linux/seccomp/knownFlags, /linux/seccomp/flags",
        "linux/seccomp/supportedFlags, /linux/seccomp/flags",
        "linux/memoryPolicy/modes, /linux/memoryPolicy/mode",
        "linux/memoryPolicy/flags, /linux/memoryPolicy/flags"
    })
    void a_list_holds_what_the_table_of_fields_shows(String path, String row) {
        Stream<String> rows = SpecFields.rows().stream().filter(each -> each.startsWith(row + "="));
        assertThat(names(features, path))
                .containsExactlyInAnyOrderElementsOf(
                        rows.map(each -> each.substring(row.length() + 1)).toList());
    }

    @Test
    void all_hooks_are_announced() {
        List<String> hooks = SpecFields.rows().stream()
                .filter(row -> row.matches("/hooks/[a-zA-Z]+/\\*/path"))
                .map(row -> row.split("/", -1)[2])
                .toList();
        assertThat(names(features, "hooks")).hasSize(6).containsExactlyInAnyOrderElementsOf(hooks);
    }

    @Test
    void a_mount_option_is_announced_if_it_works_whatever_the_file_system() {
        List<String> announced = names(features, "mountOptions");
        TreeSet<String> specified = new TreeSet<>();
        for (String row : SpecFields.rows()) {
            if (row.startsWith("/mounts/*/options=")) {
                specified.add(row.substring(row.indexOf('=') + 1));
            }
        }
        assertThat(announced).isSorted().doesNotHaveDuplicates();
        // The table shows each of these at work; remount is refused, and i_version is an option of some file systems.
        specified.removeAll(List.of("remount", "iversion", "noiversion"));
        // crun's name for the opposite of rnoatime and the like, which the specification does not list.
        assertThat(specified).isSubsetOf(announced);
        assertThat(announced)
                .filteredOn(option -> !specified.contains(option))
                .isSubsetOf("rnosymfollow", "rsymfollow");
    }

    @Test
    @Tag("root")
    void everything_that_runc_announces_is_announced_but_for_what_is_named_here()
            throws IOException, InterruptedException, InvalidSpecException {
        JsonObject runc = Json.parseObject(
                Cell.run(temporary, List.of("runc", "features")).out().getBytes(UTF_8));
        List<String> missing = new ArrayList<>();
        for (String path : List.of(
                "hooks",
                "mountOptions",
                "linux/namespaces",
                "linux/capabilities",
                "linux/seccomp/actions",
                "linux/seccomp/operators",
                "linux/seccomp/archs")) {
            for (String name : names(runc, path)) {
                if (!names(features, path).contains(name)) {
                    missing.add(name);
                }
            }
        }
        // Options of some file systems only, and one that makes no sense where every container has mounts of its own.
        assertThat(missing).isSubsetOf("acl", "noacl", "iversion", "noiversion", "remount");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ociVersionMin", "ociVersionMax"})
    void a_version_that_is_announced_is_taken(String end) throws IOException, InterruptedException {
        String version = text(at(features, end));
        TestBundle bundle =
                new TestBundle(temporary).replace("\"ociVersion\": \"1.3.0\"", "\"ociVersion\": \"" + version + "\"");
        Cell.Result plan =
                Cell.call("plan", "--bundle", bundle.write().directory().toString());
        assertThat(plan.err()).isEmpty();
        assertThat(plan.exit()).isZero();
    }

    @Test
    void what_cannot_be_done_is_not_announced() throws IOException, InterruptedException {
        assertThat(Cell.call("checkpoint", "--help").exit() == 0)
                .isEqualTo(text(at(features, "annotations/dev.ipcell.checkpoint.enabled"))
                        .equals("true"));
        boolean systemd = at(features, "linux/cgroup/systemd").toString().contains("true");
        assertThat(Cell.call("--systemd-cgroup", "list").err().contains("not supported"))
                .isEqualTo(!systemd);
    }

    @Test
    void an_annotation_that_is_not_announced_changes_nothing() throws IOException, InterruptedException {
        List<String> unsafe = names(features, "potentiallyUnsafeConfigAnnotations");
        String plain = plan(new TestBundle(temporary));
        for (String name :
                List.of("org.systemd.property.MemoryMax", "org.criu.config", "run.oci.hooks.stdout", "bundle")) {
            if (unsafe.stream().noneMatch(each -> each.endsWith(".") ? name.startsWith(each) : name.equals(each))) {
                String annotation = "\"annotations\": {\"" + name + "\": \"1\"}, \"hostname\":";
                assertThat(plan(new TestBundle(temporary).replace("\"hostname\":", annotation)))
                        .as(name)
                        .isEqualTo(plain);
            }
        }
    }

    /** Without what differs between two bundles anyway. */
    private static String plan(TestBundle bundle) throws IOException, InterruptedException {
        Cell.Result plan =
                Cell.call("plan", "--bundle", bundle.write().directory().toString());
        assertThat(plan.err()).isEmpty();
        return plan.out().replace(bundle.id(), "ID").replaceAll("[0-9]+ bytes", "bytes");
    }

    @Test
    void the_document_has_no_member_that_the_specification_does_not_know() {
        assertThat(features.members().keySet())
                .isSubsetOf(
                        "ociVersionMin",
                        "ociVersionMax",
                        "hooks",
                        "mountOptions",
                        "linux",
                        "annotations",
                        "potentiallyUnsafeConfigAnnotations");
        assertThat(((JsonObject) at(features, "linux")).members().keySet())
                .containsExactlyInAnyOrder(
                        "namespaces",
                        "capabilities",
                        "cgroup",
                        "seccomp",
                        "apparmor",
                        "selinux",
                        "intelRdt",
                        "memoryPolicy",
                        "mountExtensions",
                        "netDevices");
    }
}
