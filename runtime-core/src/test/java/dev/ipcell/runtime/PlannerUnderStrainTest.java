// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Callers that want much of the resident planner: large configurations, many at once, slow ones, and its end in the middle of a call. */
@Tag("root")
class PlannerUnderStrainTest {

    @TempDir
    Path temporary;

    private WarmPlanner planner;
    private long pid;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        planner = WarmPlanner.start();
        pid = planner.pid();
    }

    @AfterEach
    void it_is_still_the_same_planner() throws IOException, InterruptedException {
        long now = planner.pid();
        planner.stop();
        assertThat(now).isEqualTo(pid);
    }

    /** A bundle whose configuration has as many bytes, nearly all of them in annotations. */
    private TestBundle bundle(String name, int mebibytes) throws Exception {
        StringBuilder annotations = new StringBuilder("{\"annotations\": {");
        for (int i = 0; i < mebibytes * 1024; i++) {
            annotations.append(i == 0 ? "" : ",").append("\"a").append(i).append("\": \"");
            annotations.append("x".repeat(1000)).append('"');
        }
        return new TestBundle(Files.createDirectory(temporary.resolve(name)))
                .script("echo ran")
                .merge(annotations + "}}");
    }

    @Test
    void the_largest_configuration_is_its_business_too() throws Exception {
        TestBundle bundle = bundle("large", 7);
        bundle.write();
        Cell.Result result = Cell.call(
                "--debug",
                "--root",
                bundle.root().toString(),
                "run",
                "--bundle",
                bundle.directory().toString(),
                bundle.id());
        assertThat(result.err()).contains("msg=\"the resident planner with PID " + pid);
        assertThat(result.out()).isEqualTo("ran\n");
        Leftovers.assertNone(bundle);
    }

    /** Writes its configuration with so many bytes, of which 8 MiB are the most. */
    private static void padded(TestBundle bundle, int bytes) throws IOException {
        bundle.write();
        Path config = bundle.directory().resolve("config.json");
        String text = Files.readString(config);
        Files.writeString(config, text + " ".repeat(bytes - text.getBytes(UTF_8).length));
        assertThat(config).hasSize(bytes);
    }

    private Process plan(TestBundle bundle) throws IOException {
        ProcessBuilder call = new ProcessBuilder(
                        Cell.executable().toString(),
                        "plan",
                        "--bundle",
                        bundle.directory().toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        call.environment().put("IPCELL_PLANNER", planner.socket().toString());
        return call.start();
    }

    @Test
    void as_many_callers_as_it_takes_with_the_largest_configuration_at_once_are_all_served() throws Exception {
        TestBundle bundle = bundle("largest", 7);
        padded(bundle, 8 << 20);
        List<Process> calls = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            calls.add(plan(bundle));
        }
        // A small one is answered beside them, which take turns.
        assertThat(Cell.call("--root", "/mnt", "list", "-q").err()).isEmpty();
        for (Process call : calls) {
            assertThat(call.errorReader(UTF_8).readAllAsString()).isEmpty();
            assertThat(call.waitFor()).isZero();
        }
    }

    /** Calls with so many bytes in the greeting, and says what {@code --debug} tells of the planner. */
    private static String greet(int bytes) throws Exception {
        ProcessBuilder call =
                new ProcessBuilder(Cell.executable().toString(), "--debug", "--root", "/mnt", "list", "-q");
        call.environment().put("IPCELL_PLANNER", Cell.planner());
        for (int i = 0; i * 1000 < bytes; i++) {
            call.environment().put("IPCELL_PADDING_" + i, "x".repeat(1000));
        }
        Process process = call.start();
        String said = process.errorReader(UTF_8).readAllAsString();
        assertThat(process.waitFor()).isZero();
        return said;
    }

    /** A large call that stands still in a hook until it is let go. */
    private final class Held {
        private final TestBundle bundle;
        private final Path end = temporary.resolve("end");
        private final Process running;

        Held() throws Exception {
            Path there = temporary.resolve("there");
            bundle = bundle("held", 0).merge("""
                    {"hooks": {"createRuntime": [{"path": "/bin/sh", "args":
                    ["sh", "-c", "cat >/dev/null; touch %s; while [ ! -e %s ]; do sleep 0.02; done"]}]}}""".formatted(there, end));
            padded(bundle, 1 << 20); // The state that hooks are told must not be as large.
            running = run(bundle);
            for (int i = 0; i < 3000 && !Files.exists(there); i++) {
                Thread.sleep(10);
            }
            assertThat(there).exists();
        }

        void letGo() throws IOException, InterruptedException {
            Files.createFile(end);
            assertThat(running.errorReader(UTF_8).readAllAsString()).isEmpty();
            assertThat(running.inputReader(UTF_8).readAllAsString()).isEqualTo("ran\n");
            assertThat(running.waitFor()).isZero();
            Leftovers.assertNone(bundle);
        }
    }

    private Process run(TestBundle bundle) throws IOException {
        ProcessBuilder run = new ProcessBuilder(
                Cell.executable().toString(),
                "--root",
                bundle.root().toString(),
                "run",
                "--bundle",
                bundle.directory().toString(),
                bundle.id());
        run.environment().put("IPCELL_PLANNER", planner.socket().toString());
        return run.start();
    }

    @Test
    void a_large_greeting_goes_the_cold_way_while_another_large_call_is_served_and_a_small_one_does_not()
            throws Exception {
        Held held = new Held();
        try {
            assertThat(greet(200_000)).contains("no resident planner: it serves another call as large");
            assertThat(greet(0)).contains("the resident planner with PID " + pid);
        } finally {
            held.letGo();
        }
        for (int i = 0; i < 5; i++) {
            // One after the other, even if the planner still clears up behind the last one.
            assertThat(greet(200_000)).contains("the resident planner with PID " + pid);
        }
    }

    /** Else the hook of one that runs another would wait for itself. */
    @Test
    void a_large_call_goes_on_beside_one_that_stands_still_in_a_hook() throws Exception {
        TestBundle large = bundle("other", 1);
        large.write();
        Held held = new Held();
        try {
            Process other = plan(large);
            assertThat(other.errorReader(UTF_8).readAllAsString()).isEmpty();
            assertThat(other.waitFor()).isZero();
            assertThat(held.running.isAlive()).isTrue();
        } finally {
            held.letGo();
        }
    }

    @Test
    void a_small_call_is_served_while_a_large_message_is_half_sent() throws Exception {
        try (SocketChannel caller = SocketChannel.open(UnixDomainSocketAddress.of(planner.socket()))) {
            caller.write(ByteBuffer.wrap(new byte[] {0, 0, 0x10, 0, 1, 'x'})); // A greeting of 1 MiB begins.
            for (int i = 0; i < 1000 && !greet(200_000).contains("it serves another call as large"); i++) {
                Thread.sleep(10);
            }
            assertThat(greet(0)).contains("the resident planner with PID " + pid);
        }
    }

    @Test
    void what_is_too_large_or_nested_too_deep_is_told_to_who_sent_it() throws Exception {
        TestBundle bundle = bundle("wrong", 0);
        Path config = bundle.directory().resolve("config.json");
        try (RandomAccessFile file = new RandomAccessFile(config.toFile(), "rw")) {
            file.setLength(100 << 20);
        }
        assertThat(refusal(bundle)).endsWith("config.json: larger than 8192 KiB, which is the limit (EFBIG)\n");
        Files.writeString(config, "[".repeat(1_000_000));
        assertThat(refusal(bundle)).contains("nested deeper than 200 levels");
        assertThat(greet(0)).contains("the resident planner with PID " + pid);
    }

    private String refusal(TestBundle bundle) throws IOException, InterruptedException {
        long before = planner.requests();
        Process refused = run(bundle);
        String said = refused.errorReader(UTF_8).readAllAsString();
        assertThat(refused.waitFor()).isEqualTo(1);
        assertThat(said).startsWith("ipcell: ").hasLineCount(1);
        assertThat(planner.requests()).as("answered by the planner").isGreaterThan(before + 1);
        Leftovers.assertNone(bundle);
        return said;
    }

    @Test
    void it_gives_the_memory_back_that_a_large_configuration_took() throws Exception {
        TestBundle bundle = bundle("large", 7);
        bundle.write();
        assertThat(Cell.call("--root", "/mnt", "list", "-q").err()).isEmpty();
        long before = resident();
        assertThat(Cell.call("plan", "--bundle", bundle.directory().toString()).err())
                .isEmpty();
        assertGivenBack(before);
    }

    @Test
    void it_gives_the_memory_back_that_long_lists_took() throws Exception {
        TestBundle bundle = new TestBundle(temporary).script("exec sleep 1000");
        assertThat(bundle.create().err()).isEmpty();
        String state = Files.readString(bundle.root().resolve(bundle.id() + "/state.json"));
        for (int i = 0; i < 2000; i++) {
            Path directory = Files.createDirectory(bundle.root().resolve("more" + i));
            Files.writeString(
                    directory.resolve("state.json"), state.replace('"' + bundle.id() + '"', "\"more" + i + '"'));
        }
        long before = resident();
        for (int i = 0; i < 5; i++) {
            assertThat(bundle.list("--quiet").out()).hasLineCount(2001);
        }
        assertThat(bundle.call("delete", "--force").err()).isEmpty();
        Leftovers.assertNone(bundle);
        assertGivenBack(before);
    }

    @Test
    void it_gives_the_memory_back_that_many_calls_at_once_took() throws Exception {
        TestBundle bundle = new TestBundle(temporary).script("echo ran");
        bundle.write();
        assertThat(bundle.run().out()).isEqualTo("ran\n");
        long before = resident();
        String calls = "for i in $(seq 500); do " + Cell.executable() + " plan --bundle " + bundle.directory()
                + " > /dev/null & [ $((i % 50)) != 0 ] || wait; done";
        assertThat(Cell.run(temporary, List.of("sh", "-c", calls)).err()).isEmpty();
        assertGivenBack(before);
    }

    private void assertGivenBack(long before) throws IOException, InterruptedException {
        for (int i = 0; i < 1500 && resident() > before + (16 << 10); i++) {
            Thread.sleep(10);
        }
        assertThat(resident()).as("KiB resident, %d before", before).isLessThan(before + (16 << 10));
    }

    private long resident() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new AssertionError("no VmRSS of " + pid);
    }

    @Test
    void who_drips_a_greeting_is_put_out_of_the_door() throws Exception {
        try (SocketChannel caller = SocketChannel.open(UnixDomainSocketAddress.of(planner.socket()))) {
            long end = System.nanoTime() + 20_000_000_000L;
            caller.write(ByteBuffer.wrap(new byte[] {0, 1, 0, 0, 1}));
            caller.configureBlocking(false);
            ByteBuffer answer = ByteBuffer.allocate(256);
            int got = 0;
            while (got >= 0 && System.nanoTime() < end) {
                Thread.sleep(200);
                try {
                    caller.write(ByteBuffer.wrap(new byte[] {'x'}));
                    got = caller.read(answer.clear());
                } catch (IOException closed) {
                    got = -1;
                }
            }
            assertThat(got).as("the end of the stream").isEqualTo(-1);
        }
    }

    @Test
    void its_end_waits_for_calls_in_progress() throws Exception {
        TestBundle bundle =
                new TestBundle(temporary).script("echo ran").merge("""
                {"hooks": {"createRuntime": [{"path": "/bin/sh", "args": ["sh", "-c", "touch %s; sleep 1"]}]}}""".formatted(temporary.resolve("there")));
        bundle.write();
        Process running = run(bundle);
        for (int i = 0; i < 500 && !Files.exists(temporary.resolve("there")); i++) {
            Thread.sleep(10);
        }
        assertThat(Cell.call("planner", "stop").err()).isEmpty();
        WarmPlanner.assertGone(pid);
        assertThat(running.errorReader(UTF_8).readAllAsString()).isEmpty();
        assertThat(running.inputReader(UTF_8).readAllAsString()).isEqualTo("ran\n");
        assertThat(running.waitFor()).isZero();
        assertThat(Cell.call("planner", "start").err()).isEmpty();
        pid = planner.pid();
    }
}
