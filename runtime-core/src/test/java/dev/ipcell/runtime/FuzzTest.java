// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.ipc.IpcNamespace;
import dev.ipcell.runtime.cli.CommandLine;
import dev.ipcell.shim.Executor;
import dev.ipcell.spec.DefaultSpec;
import dev.ipcell.spec.RootlessSpec;
import dev.ipcell.spec.SpecReader;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Runs Jazzer on the planner's two ways in, for {@code ipcell.fuzz.seconds} each (10; {@code make fuzz} takes longer). What it finds
 * interesting is kept below {@code target}, and is where the next run starts.
 */
class FuzzTest {
    private static final Path HERE = Path.of("target/fuzz");
    private static final Path EVERY_FIELD = Path.of("../oci-spec/src/test/resources/dev/ipcell/spec/every-field.json");
    private static final Pattern DONE = Pattern.compile("Done (\\d+) runs");

    @Test
    void whatever_a_caller_says_the_planner_has_an_answer() throws IOException, InterruptedException {
        Path seeds = Files.createDirectories(HERE.resolve("seeds-conversation"));
        Path bundle = Files.createDirectories(HERE.resolve("bundle"));
        List<List<String>> calls = AotTraining.prepare(bundle);
        for (int i = 0; i < calls.size(); i++) {
            Files.write(seeds.resolve("call-" + i), conversation(bundle, calls.get(i)));
        }
        fuzz(ConversationFuzz.class, seeds);
    }

    @Test
    void whatever_a_configuration_holds_it_is_refused_in_words_or_planned() throws IOException, InterruptedException {
        Path seeds = Files.createDirectories(HERE.resolve("seeds-config"));
        Files.writeString(seeds.resolve("default"), DefaultSpec.json());
        Files.writeString(seeds.resolve("rootless"), RootlessSpec.json(DefaultSpec.json(), 1, 1));
        Files.copy(EVERY_FIELD, seeds.resolve("every"), StandardCopyOption.REPLACE_EXISTING);
        fuzz(ConfigFuzz.class, seeds);
    }

    private static void fuzz(Class<?> target, Path seeds) throws IOException, InterruptedException {
        Path corpus = Files.createDirectories(HERE.resolve("corpus-" + target.getSimpleName()));
        Path log = HERE.resolve(target.getSimpleName() + ".log");
        List<String> command = List.of(
                Path.of(Objects.requireNonNull(System.getProperty("java.home")), "bin/java")
                        .toString(),
                "-Xmx512m",
                "-cp",
                classPath(),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target.getName(),
                "--instrumentation_includes=dev.ipcell.**",
                "--custom_hook_excludes=" + target.getName() + "**",
                "--instrumentation_excludes=" + target.getName() + "**",
                "--reproducer_path=" + HERE,
                "-artifact_prefix=" + HERE + "/" + target.getSimpleName() + "-",
                "-max_len=16384",
                "-timeout=60",
                "-max_total_time=" + Integer.getInteger("ipcell.fuzz.seconds", 10),
                corpus.toString(),
                seeds.toString());
        int exit = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start()
                .waitFor();
        String said = Files.readString(log);
        assertThat(exit).as(said.substring(Math.max(0, said.length() - 4000))).isZero();
        Matcher done = DONE.matcher(said);
        assertThat(done.find()).as(said).isTrue();
        assertThat(Integer.parseInt(done.group(1)))
                .as("inputs tried")
                .isGreaterThan(Objects.requireNonNull(seeds.toFile().list()).length);
    }

    /** One class path: Jazzer does not know modules. */
    private static String classPath() {
        List<String> entries = new ArrayList<>(List.of("target/test-classes", "target/classes"));
        for (Class<?> module : List.of(Executor.class, SpecReader.class, IpcNamespace.class)) {
            entries.add(
                    module.getProtectionDomain().getCodeSource().getLocation().getPath());
        }
        String all = System.getProperty("java.class.path") + File.pathSeparator + System.getProperty("jdk.module.path");
        for (String entry : all.split(File.pathSeparator, -1)) {
            if (entry.contains("/jazzer")) {
                entries.add(entry);
            }
        }
        return String.join(File.pathSeparator, entries);
    }

    /** A call as the planner of the build's training reads it, in the form that {@link ConversationFuzz} takes. */
    private static byte[] conversation(Path bundle, List<String> call) throws IOException {
        PretendExecutor executor = new PretendExecutor(bundle, call);
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        InputStream input = executor.input();
        CommandLine.serve(new Executor(
                new InputStream() {
                    @Override
                    public int read() throws IOException {
                        int value = input.read();
                        read.write(value);
                        return value;
                    }

                    @Override
                    public int read(byte[] into, int offset, int length) throws IOException {
                        int size = input.read(into, offset, length);
                        read.write(into, offset, Math.max(0, size));
                        return size;
                    }
                },
                executor.output()));
        ByteBuffer frames = ByteBuffer.wrap(read.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
        byte[] bytes = new byte[frames.capacity() + 1];
        ByteBuffer seed = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        seed.put((byte) 1);
        while (frames.hasRemaining()) {
            int size = frames.getInt() - 1;
            frames.get();
            seed.putShort((short) size).put(frames.slice(frames.position(), size));
            frames.position(frames.position() + size);
        }
        return Arrays.copyOf(bytes, seed.position());
    }
}
