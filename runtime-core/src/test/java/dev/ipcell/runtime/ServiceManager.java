// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Somebody who listens at a {@code NOTIFY_SOCKET}. */
final class ServiceManager implements AutoCloseable {
    private static final Path SCRIPT = Path.of("src/test/resources/notify/manager.py");
    private static final long PATIENCE_NANOS = 20_000_000_000L;

    /** A datagram that came. */
    record Message(long sender, int descriptors, String text) {}

    private final String name;
    private final Process process;
    private final List<Message> heard = new ArrayList<>();

    private ServiceManager(String name, Process process) {
        this.name = name;
        this.process = process;
    }

    /** Listens at a path, or an abstract name that begins with {@code @}. */
    static ServiceManager at(String name, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("/usr/bin/env", "python3", SCRIPT.toString(), name));
        command.addAll(List.of(options));
        ServiceManager manager = new ServiceManager(
                name,
                new ProcessBuilder(command)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start());
        BufferedReader lines = new BufferedReader(new InputStreamReader(manager.process.getInputStream(), UTF_8));
        assertThat(lines.readLine()).isEqualTo("listening");
        Thread reader = new Thread(() -> manager.listen(lines), "service manager");
        reader.setDaemon(true);
        reader.start();
        return manager;
    }

    String name() {
        return name;
    }

    private void listen(BufferedReader lines) {
        try {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ", 3);
                synchronized (heard) {
                    heard.add(new Message(Long.parseLong(words[0]), Integer.parseInt(words[1]), words[2]));
                    heard.notifyAll();
                }
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    /** What was said so far; texts are quoted as Python does. */
    List<Message> heard() {
        synchronized (heard) {
            return List.copyOf(heard);
        }
    }

    List<String> texts() {
        return heard().stream().map(Message::text).toList();
    }

    /** Waits until so many messages have come. */
    List<Message> await(int count) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        synchronized (heard) {
            while (heard.size() < count && System.nanoTime() < end) {
                heard.wait(100);
            }
            assertThat(heard).hasSizeGreaterThanOrEqualTo(count);
            return List.copyOf(heard);
        }
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        process.getInputStream().close();
    }
}
