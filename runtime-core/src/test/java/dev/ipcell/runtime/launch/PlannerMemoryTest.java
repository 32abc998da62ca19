// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.Hello;
import dev.ipcell.spec.DefaultSpec;
import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlannerMemoryTest {
    private final PlannerMemory memory = new PlannerMemory(3, 1 << 20, null);

    private static byte[] named(String hostname) {
        return DefaultSpec.json().replace("\"ipcell\"", '"' + hostname + '"').getBytes(UTF_8);
    }

    private String hostname(byte[] config) throws InvalidSpecException {
        return String.valueOf(memory.read(config).document().spec().hostname());
    }

    @Test
    void the_same_content_is_read_once() throws Exception {
        PlannerMemory.Known first = memory.read(named("one"));
        assertThat(memory.read(named("one"))).isSameAs(first);
        assertThat(memory.hits()).isEqualTo(1);
        assertThat(memory.count()).isEqualTo(1);
    }

    @Test
    void content_that_differs_in_one_letter_is_another_document() throws Exception {
        assertThat(hostname(named("one"))).isEqualTo("one");
        assertThat(hostname(named("onf"))).isEqualTo("onf");
        assertThat(hostname(named("one"))).isEqualTo("one");
        assertThat(memory.count()).isEqualTo(2);
    }

    /** Two texts of one length and one {@link java.util.Arrays#hashCode(byte[])}. */
    @Test
    void content_with_the_same_hash_is_another_document() throws Exception {
        byte[] one = named("Aa");
        byte[] other = named("BB");
        assertThat(java.util.Arrays.hashCode(one)).isEqualTo(java.util.Arrays.hashCode(other));
        assertThat(hostname(one)).isEqualTo("Aa");
        assertThat(hostname(other)).isEqualTo("BB");
        assertThat(memory.count()).isEqualTo(2);
    }

    @Test
    void whoever_changes_the_bytes_later_changes_nothing_that_is_kept() throws Exception {
        byte[] bytes = named("one");
        memory.read(bytes);
        System.arraycopy(named("two"), 0, bytes, 0, bytes.length);
        assertThat(hostname(bytes)).isEqualTo("two");
        assertThat(hostname(named("one"))).isEqualTo("one");
        assertThat(hostname(named("two"))).isEqualTo("two");
    }

    @Test
    void what_is_kept_cannot_be_changed() throws Exception {
        PlannerMemory.Known kept = memory.read(named("one"));
        assertThatThrownBy(() -> kept.document().spec().mounts().clear())
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> kept.document().spec().annotations().put("a", "b"))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> kept.document().raw().members().clear())
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> kept.document().warnings().add(new Problem("", 0, 0, "")))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> kept.refused().add(new Problem("", 0, 0, "")))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void the_one_that_nobody_asked_for_the_longest_is_forgotten() throws Exception {
        PlannerMemory.Known first = memory.read(named("one"));
        PlannerMemory.Known second = memory.read(named("two"));
        memory.read(named("three"));
        memory.read(named("one"));
        memory.read(named("four"));
        assertThat(memory.count()).isEqualTo(3);
        assertThat(memory.read(named("one"))).isSameAs(first);
        assertThat(memory.read(named("two"))).isNotSameAs(second);
    }

    @Test
    void no_more_bytes_are_kept_than_it_may() throws Exception {
        int size = named("one").length;
        PlannerMemory small = new PlannerMemory(100, 2 * size, null);
        for (int i = 0; i < 50; i++) {
            small.read(named("n" + (10 + i)));
            assertThat(small.bytes()).isLessThanOrEqualTo(2 * size).isEqualTo(small.count() * size);
        }
        assertThat(small.count()).isEqualTo(2);
    }

    @Test
    void a_document_that_is_too_large_is_read_and_not_kept() throws Exception {
        PlannerMemory small = new PlannerMemory(100, 100, null);
        assertThat(small.read(named("one")).document().spec().hostname()).isEqualTo("one");
        assertThat(small.count()).isZero();
        assertThat(small.bytes()).isZero();
    }

    @Test
    void one_that_is_not_valid_is_told_each_time_and_not_kept() {
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> memory.read("{}".getBytes(UTF_8))).isInstanceOf(InvalidSpecException.class);
        }
        assertThat(memory.count()).isZero();
    }

    @Test
    void what_is_refused_is_refused_again() throws Exception {
        byte[] config =
                DefaultSpec.json().replaceFirst("\\{", "{\"solaris\": {},").getBytes(UTF_8);
        for (int i = 0; i < 2; i++) {
            assertThat(memory.read(config).refused())
                    .extracting(Problem::pointer)
                    .containsExactly("/solaris");
        }
    }

    @Test
    void many_threads_get_what_they_asked_for_and_the_bound_holds() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Callable<Boolean>> calls = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                String name = "n" + i % 7;
                calls.add(() -> hostname(named(name)).equals(name) && memory.count() <= 3);
            }
            for (Future<Boolean> call : threads.invokeAll(calls)) {
                assertThat(call.get()).isTrue();
            }
        }
        assertThat(memory.bytes()).isEqualTo(3 * named("n0").length);
    }

    private static Hello in(Path directory) {
        return new Hello(
                "build",
                List.of(),
                directory.toString(),
                Map.of(),
                1,
                new Hello.Caller(0, 0, 0, 0),
                0,
                List.of(),
                new Hello.Root(1, 2, 3),
                "6.18",
                0,
                "/bin/ipcell");
    }

    @Test
    void a_look_at_a_bundle_tells_what_its_configuration_says(@TempDir Path directory) throws Exception {
        Path bundle = Files.createDirectory(directory.resolve("bundle"));
        Files.write(bundle.resolve("config.json"), named("one"));
        assertThat(memory.peek(in(directory), "bundle"))
                .isSameAs(memory.peek(in(Path.of("/")), bundle.toString()))
                .isSameAs(memory.read(named("one")));
    }

    @Test
    void a_file_that_looks_as_it_did_is_not_read_again(@TempDir Path directory) throws Exception {
        Path config = Files.write(directory.resolve("config.json"), named("one"));
        PlannerMemory.Known first = memory.peek(in(directory), ".");
        FileTime time = Files.getLastModifiedTime(config);
        Files.write(config, named("two"));
        Files.setLastModifiedTime(config, time);
        assertThat(memory.peek(in(directory), ".")).isNotNull().isSameAs(first);
        memory.mistook(in(directory), ".");
        assertThat(memory.peek(in(directory), ".")).isSameAs(memory.read(named("two")));
    }

    @Test
    void mounts_are_read_again_after_a_mistake_and_where_all_matters(@TempDir Path directory) throws Exception {
        byte[] first = memory.mounts(false);
        assertThat(memory.mounts(false)).isSameAs(first);
        byte[] exact = memory.mounts(true);
        assertThat(exact).isNotSameAs(first);
        assertThat(memory.mounts(false)).isSameAs(exact);
        memory.mistook(in(directory), ".");
        assertThat(memory.mounts(false))
                .isNotSameAs(exact)
                .isEqualTo(Files.readAllBytes(Path.of("/proc/self/mountinfo")));
    }

    @Test
    void a_file_with_another_length_or_time_is_read_again(@TempDir Path directory) throws Exception {
        Path config = Files.write(directory.resolve("config.json"), named("one"));
        FileTime time = Files.getLastModifiedTime(config);
        memory.peek(in(directory), ".");
        Files.write(config, named("another"));
        Files.setLastModifiedTime(config, time);
        assertThat(memory.peek(in(directory), ".")).isSameAs(memory.read(named("another")));
        Files.write(config, named("awkward"));
        Files.setLastModifiedTime(config, FileTime.fromMillis(time.toMillis() + 1));
        assertThat(memory.peek(in(directory), ".")).isSameAs(memory.read(named("awkward")));
    }

    @Test
    void what_a_forgotten_file_said_is_forgotten_with_it(@TempDir Path directory) throws Exception {
        Files.write(directory.resolve("config.json"), named("one"));
        memory.peek(in(directory), ".");
        assertThat(memory.glances()).isEqualTo(1);
        for (String other : List.of("two", "three", "four")) {
            memory.read(named(other));
        }
        assertThat(memory.glances()).isZero();
    }

    @Test
    void only_a_mount_that_is_shared_or_a_slave_has_to_do_with_propagation() throws Exception {
        for (String option : List.of("shared", "rshared", "slave", "rslave", "private", "rprivate", "unbindable")) {
            String mount =
                    "\"mounts\": [{\"destination\": \"/x\", \"source\": \"/\", \"options\": [\"bind\", \"OPTION\"]},";
            String config = DefaultSpec.json()
                    .replaceFirst("\"mounts\": *\\[", Matcher.quoteReplacement(mount.replace("OPTION", option)));
            assertThat(memory.read(config.getBytes(UTF_8)).hasPropagation())
                    .as(option)
                    .isEqualTo(option.endsWith("shared") || option.endsWith("slave"));
        }
    }

    @Test
    void a_look_tells_nothing_about_what_is_missing_wrong_or_large(@TempDir Path directory) throws Exception {
        assertThat(memory.peek(in(directory), ".")).isNull();
        Path config = Files.writeString(directory.resolve("config.json"), "{}");
        assertThat(memory.peek(in(directory), ".")).isNull();
        Files.write(config, named("one"));
        assertThat(new PlannerMemory(3, named("one").length - 1, null).peek(in(directory), "."))
                .isNull();
    }

    @Test
    void a_look_takes_nothing_out_of_a_fifo(@TempDir Path directory) throws Exception {
        Path config = directory.resolve("config.json");
        assertThat(new ProcessBuilder("mkfifo", config.toString()).start().waitFor())
                .isZero();
        assertThat(memory.peek(in(directory), ".")).isNull();
    }

    @Test
    void who_has_another_root_sees_other_mounts(@TempDir Path directory) {
        Hello.Root callers = in(directory).root();
        assertThat(new PlannerMemory(3, 100, new Hello.Root(1, 2, 3)).sees(callers))
                .isTrue();
        assertThat(new PlannerMemory(3, 100, new Hello.Root(1, 4, 3)).sees(callers))
                .isFalse();
        assertThat(memory.sees(callers)).isFalse();
    }
}
